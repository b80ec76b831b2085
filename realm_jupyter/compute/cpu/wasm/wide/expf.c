// The exponential function of the modules with 32-bit memory, from the C library that comes with
// Zig (musl): that of Zig's own library rounds otherwise.
#include "math/__math_oflowf.c"
#include "math/__math_uflowf.c"
#include "math/__math_xflowf.c"
#include "math/exp2f_data.c"
#include "math/expf.c"
