// What Glibc's module lacks about terminals.
#pragma once

/// Columns and rows of a terminal; zeros where it does not know them. 0, or errno.
int cl_terminal_size(int fd, int *columns, int *rows);
