#pragma once

#include "cl_files.h"
#include "cl_memory.h"
#include "cl_process.h"
#include "cl_program.h"
#include "cl_terminal.h"
