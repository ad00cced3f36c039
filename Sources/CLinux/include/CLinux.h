#pragma once

#include "cl_files.h"
