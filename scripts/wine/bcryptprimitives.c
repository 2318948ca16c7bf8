/* Wine 8 lacks this DLL, and programs in Rust do not load without it. Newer versions of Wine have it. */
#include <windows.h>

/* advapi32 exports the random numbers of RtlGenRandom under this name. */
extern BOOLEAN WINAPI SystemFunction036(PVOID data, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  return SystemFunction036(data, (ULONG)length);
}
