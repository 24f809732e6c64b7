"""What functions do whose bodies nobody can read: the allocator, libc, the unwinder, the compiler's own helpers.

A name that stands here is *known*; any other function without IR is reported as RF903. The set follows POSIX.1-2017,
glibc and musl, LLVM's ``RuntimeLibcalls.def``, and the Itanium C++ ABI for ``operator new``.
"""

import re
from enum import StrEnum
from functools import cache

from ringfence.graphs.facts import Attribute


class Effect(StrEnum):
    """What calling an opaque function may do to a latency budget."""

    NONE = "none"
    ALLOCATES = "allocates"
    REALLOCATES = "reallocates"
    FREES = "frees"
    LOCKS = "locks"
    BLOCKS = "blocks"
    LOGS = "logs"
    """Hands a record to whatever logger the program has installed, if its level is enabled."""
    TERMINATES = "terminates"
    """Ends the process or unwinds: never on the path of a call that returns."""


_RUST_ALLOCATOR = re.compile(r"(?:^|7___rustc\d+_)__(?:rust|rdl|rg)_(alloc_zeroed|alloc|dealloc|realloc)$")
_NO_ALLOC_SHIM = re.compile(r"__rust_(?:no_)?alloc_\w*(?:unstable|should_panic)\w*$|__rust_alloc_error_handler\w*$")
_ALLOC_MARK = re.compile(r"__rust_no_alloc_shim_is_unstable\w*$")
_RUST_EFFECTS = {
    "alloc": Effect.ALLOCATES,
    "alloc_zeroed": Effect.ALLOCATES,
    "realloc": Effect.REALLOCATES,
    "dealloc": Effect.FREES,
}
_PREFIXED_ALLOCATOR = re.compile(r"(?:_rjem_|je_|_rjem_je_|mi_|tc_|snmalloc_|rpmalloc_|__libc_|__GI___libc_)(\w+)$")

_NAMES: dict[Effect, str] = {
    Effect.ALLOCATES: """
        malloc calloc aligned_alloc posix_memalign memalign valloc pvalloc mallocx strdup strndup asprintf vasprintf
        pthread_atfork getline getdelim reallocarray getaddrinfo opendir fopen fdopen realpath mmap mmap64 brk sbrk
        malloc_aligned calloc_aligned zalloc zalloc_aligned
        _Znwm _Znam _ZnwmSt11align_val_t _ZnamSt11align_val_t _ZnwmRKSt9nothrow_t _ZnamRKSt9nothrow_t
        __cxa_allocate_exception __cxa_thread_atexit_impl HeapAlloc VirtualAlloc""",
    Effect.REALLOCATES: "realloc rallocx xallocx realloc_aligned HeapReAlloc mremap",
    Effect.FREES: """
        free cfree sdallocx dallocx free_size free_size_aligned free_aligned freeaddrinfo closedir fclose munmap
        _ZdlPv _ZdaPv _ZdlPvm _ZdaPvm _ZdlPvSt11align_val_t _ZdaPvSt11align_val_t HeapFree VirtualFree""",
    Effect.LOCKS: """
        pthread_mutex_lock pthread_mutex_trylock pthread_mutex_timedlock pthread_mutex_clocklock
        pthread_rwlock_rdlock pthread_rwlock_wrlock pthread_rwlock_tryrdlock pthread_rwlock_trywrlock
        pthread_rwlock_timedrdlock pthread_rwlock_timedwrlock pthread_spin_lock pthread_spin_trylock
        pthread_mutex_unlock pthread_rwlock_unlock pthread_spin_unlock
        pthread_cond_signal pthread_cond_broadcast pthread_once flock lockf
        os_unfair_lock_lock os_unfair_lock_trylock os_unfair_lock_unlock mtx_lock mtx_trylock mtx_unlock
        AcquireSRWLockExclusive AcquireSRWLockShared TryAcquireSRWLockExclusive TryAcquireSRWLockShared
        ReleaseSRWLockExclusive ReleaseSRWLockShared EnterCriticalSection LeaveCriticalSection""",
    Effect.BLOCKS: """
        pthread_cond_wait pthread_cond_timedwait pthread_join pthread_barrier_wait pthread_create
        sem_wait sem_timedwait sem_trywait sem_post
        read pread pread64 readv preadv preadv64 write pwrite pwrite64 writev pwritev pwritev64 open open64 openat
        openat64 creat close fsync fdatasync sync syncfs msync ftruncate ftruncate64 fallocate lseek lseek64 stat stat64
        fstat fstat64 lstat lstat64 fstatat fstatat64 statx access faccessat mkdir rmdir unlink unlinkat rename renameat
        link linkat symlink readlink readlinkat chmod fchmod chown fchown readdir readdir64 readdir64_r dirfd getcwd
        chdir copy_file_range sendfile sendfile64 splice tee dup dup2 dup3 pipe pipe2 fcntl fcntl64 ioctl
        poll ppoll select pselect epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd kqueue kevent
        socket socketpair bind listen connect accept accept4 shutdown getsockopt setsockopt getsockname getpeername
        send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg
        sleep usleep nanosleep clock_nanosleep sched_yield pause alarm syscall futex wait waitpid wait4 waitid kill
        fork vfork execve execvp posix_spawn posix_spawnp system popen
        io_uring_enter io_uring_setup aio_read aio_write inotify_add_watch
        fflush fputs puts printf fprintf vfprintf fwrite fread fgets perror
        dlopen dlsym madvise mlock mprotect getrandom getentropy arc4random_buf
        Sleep WaitOnAddress WaitForSingleObject ReadFile WriteFile""",
    Effect.TERMINATES: """
        abort exit _exit _Exit quick_exit raise __assert_fail __stack_chk_fail longjmp siglongjmp __fastfail
        _Unwind_RaiseException _Unwind_Resume _Unwind_Resume_or_Rethrow __cxa_throw __cxa_rethrow
        __rust_start_panic rust_panic rust_begin_unwind __rust_foreign_exception __rust_drop_panic""",
    Effect.NONE: """
        memcpy memmove memset memcmp bcmp memchr memrchr strlen strnlen strcmp strncmp strcpy strncpy strcat strchr
        strrchr strstr strtol strtoul strtod rawmemchr bzero
        __memcpy_chk __memset_chk __memmove_chk __tls_get_addr __errno_location __error strerror_r __xpg_strerror_r
        acos acosf acosh asin asinf asinh atan atanf atanh atan2 atan2f cbrt cbrtf ceil ceilf copysign cos cosf cosh
        coshf erf erfc exp expf exp2 exp2f expm1 expm1f fabs fabsf fdim fdimf floor floorf fma fmaf fmax fmin fmod
        fmodf frexp hypot hypotf ldexp lgamma lgamma_r lgammaf_r log logf log10 log10f log1p log1pf log2 log2f modf
        nearbyint nearbyintf pow powf rint rintf round roundf roundeven sin sinf sincos sinh sinhf sqrt sqrtf tan tanf
        tanh tanhf tgamma tgammaf trunc truncf
        clock_gettime clock_getres gettimeofday time getpid gettid getppid getuid geteuid pthread_self pthread_equal
        sched_getcpu sched_getaffinity sched_setaffinity pthread_getaffinity_np pthread_setaffinity_np
        pthread_getspecific pthread_setspecific pthread_key_create pthread_key_delete pthread_attr_init
        pthread_attr_destroy pthread_attr_setstacksize pthread_attr_getstack pthread_attr_getguardsize
        pthread_getattr_np pthread_setname_np pthread_attr_setguardsize pthread_mutex_init pthread_mutex_destroy
        pthread_mutexattr_init pthread_mutexattr_settype pthread_mutexattr_destroy pthread_cond_init
        pthread_cond_destroy pthread_condattr_init pthread_condattr_setclock pthread_condattr_destroy
        pthread_rwlock_init pthread_rwlock_destroy pthread_detach pthread_sigmask
        getenv sysconf getpagesize getauxval sigaction signal sigaltstack sigemptyset sigaddset isatty uname
        qsort bsearch abs labs rand random getrlimit getrusage gnu_get_libc_version
        rust_eh_personality __gxx_personality_v0 _Unwind_Backtrace _Unwind_GetIP _Unwind_GetIPInfo _Unwind_GetCFA
        _Unwind_GetLanguageSpecificData _Unwind_GetRegionStart _Unwind_GetTextRelBase _Unwind_GetDataRelBase
        _Unwind_SetGR _Unwind_SetIP _Unwind_FindEnclosingFunction _Unwind_DeleteException dl_iterate_phdr
        __cxa_begin_catch __cxa_end_catch __rust_probestack __dso_handle""",
}
_EFFECT_OF = {name: effect for effect, names in _NAMES.items() for name in names.split()}
_COMPILER_RUNTIME = re.compile(
    r"__(?:(?:u?div|u?mod|u?divmod|mul|ashl|ashr|lshr|cmp|ucmp|neg|ffs|clz|ctz|popcount|parity|bswap|abs|add|sub|"
    r"mulo|addv|subv|mulv|negv|absv|fix|fixuns|float|floatun|extend|trunc|pow|eq|ne|lt|le|gt|ge|unord)[a-z]{1,6}\d?"
    r"|aeabi_\w+|atomic_\w+|sync_\w+|aarch64_\w+|rust_[iu]128_\w+)$"
)


@cache
def is_allocator(symbol: str) -> bool:
    """Whether a symbol is Rust's global allocator. A program that brings its own defines it; what asks for memory is
    still the caller, so calls of it are sinks and not followed."""
    return _RUST_ALLOCATOR.search(symbol) is not None


@cache
def is_allocation_mark(symbol: str) -> bool:
    """Whether a symbol is what Rust's allocation functions call before they call the allocator. It does nothing, but
    LLVM must keep the call, also where it removes the allocation."""
    return _ALLOC_MARK.search(symbol) is not None


def effect_of_body(symbol: str) -> Effect | None:
    """The effect of a library function whose body need not be read, because every body of that name does the same;
    None for any other function. ``RawVec<T>::grow_one`` is instantiated once in a program, in whatever crate came
    first: reading 40 MB of that crate would tell nothing new. ``Any::type_id`` returns a constant; a callsite of
    `tracing` registers itself once, under a lock."""
    known = _LIBRARY_BODY.search(symbol)
    return _LIBRARY_EFFECTS[known.lastgroup or ""] if known else None


_LIBRARY_BODY = re.compile(
    r"(?P<grows>5alloc7raw_vec.*(?:8grow_one|14grow_amortized|11finish_grow|21do_reserve_and_handle))"
    r"|(?P<allocates>5alloc3fmt6format12format_inner)"
    r"|(?P<frees>5alloc4syncINt\w+_3Arc(?:e|Sh)E9drop_slow)"
    r"|(?P<blocks>3std3sys4sync\w*5futex\w*(?:14lock_contended|14read_contended|15write_contended|4wake|4wait)"
    r"|11parking_lot\w*(?:9lock_slow|11unlock_slow|16lock_shared_slow|19lock_exclusive_slow))"
    r"|(?P<none>3std9panicking11panic_count17is_zero_slow_path|4core3any\w*3Any7type_id"
    r"|9hashbrown3raw\w*11Fallibility(?:17capacity_overflow|9alloc_err)|7tracing15___macro_support12___is_enabled)"
    r"|(?P<logs>12tracing_core5event\w*5Event8dispatch|3log13___private_api\w*3Log3log)"
    r"|(?P<locks>12tracing_core8callsite\w*15DefaultCallsite8register)"
)
_LIBRARY_EFFECTS = {
    "grows": Effect.REALLOCATES,
    "allocates": Effect.ALLOCATES,
    "frees": Effect.FREES,
    "blocks": Effect.BLOCKS,
    "locks": Effect.LOCKS,
    "logs": Effect.LOGS,
    "none": Effect.NONE,
}


@cache
def effect_of(symbol: str, attributes: Attribute = Attribute.NONE) -> Effect | None:
    """The effect of an external function, from its declaration's attributes or its name; None where it is unknown."""
    if _NO_ALLOC_SHIM.search(symbol):
        return Effect.NONE
    rust = _RUST_ALLOCATOR.search(symbol)
    if rust:
        return _RUST_EFFECTS[rust[1]]
    for attribute, effect in _ATTRIBUTE_EFFECTS:
        if attributes & attribute:
            return effect
    plain = symbol.split("@", 1)[0]
    prefixed = _PREFIXED_ALLOCATOR.match(symbol)
    known = _EFFECT_OF.get(plain) or (_EFFECT_OF.get(prefixed[1]) if prefixed else None)
    if known is not None:
        return known
    if attributes & Attribute.NORETURN:
        return Effect.TERMINATES
    return Effect.NONE if _COMPILER_RUNTIME.match(symbol) else effect_of_body(symbol)


_ATTRIBUTE_EFFECTS = (
    (Attribute.ALLOCATES, Effect.ALLOCATES),
    (Attribute.REALLOCATES, Effect.REALLOCATES),
    (Attribute.FREES, Effect.FREES),
)
