#pragma once

#include "cl_process.h"
