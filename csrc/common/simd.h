// Function multiversioning: the compiler builds a hot loop for several x86-64 levels and picks one at load time.
//
// Floating-point contraction is off in the whole core (setup.py), so every version gives the same bits.
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(ACCELIR_NO_MULTIVERSION)
#define ACCELIR_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ACCELIR_MULTIVERSION
#endif

#if defined(__GNUC__)
// Helpers of a multiversioned function must be inlined to be compiled for its level.
#define ACCELIR_INLINE inline __attribute__((always_inline))
#else
#define ACCELIR_INLINE inline
#endif

// Before a loop over few lanes: GCC unrolls it first, and then makes no vector code of eight.
#if defined(__GNUC__) && !defined(__clang__)
#define ACCELIR_VECTOR_LOOP _Pragma("GCC unroll 1")
#else
#define ACCELIR_VECTOR_LOOP
#endif
