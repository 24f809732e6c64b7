"""The shipped contracts: what functions of system libraries do whose bodies no build has.

A table of names by library and effect. It follows POSIX.1-2017, glibc and musl (also glibc's ``_FORTIFY_SOURCE``
names, LSB 5.0), the vDSO (vdso(7)), the manuals of jemalloc and mimalloc, LLVM's ``RuntimeLibcalls.def`` and
compiler-rt, the Itanium C++ ABI (``operator new``, exceptions, unwinding), and Win32. What a project knows of other
functions it says itself with ``[[assume]]``.

A function stands here with the worst that an ordinary call of it does: ``getline`` allocates, though it also reads.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

VERSION = 3
"""Raised whenever the table changes what an audit says; reports name it."""

NAME = f"ringfence {VERSION}"


class Effect(StrEnum):
    """What calling an opaque function may do to a latency budget."""

    NONE = "none"
    ALLOCATES = "allocates"
    REALLOCATES = "reallocates"
    FREES = "frees"
    LOCKS = "locks"
    BLOCKS = "blocks"
    ENTERS = "enters-kernel"
    """Asks the kernel, which answers at once."""
    LOGS = "logs"
    """Hands a record to whatever logger the program has installed, if its level is enabled."""
    TERMINATES = "terminates"
    """Ends the process or unwinds: never on the path of a call that returns."""


@dataclass(frozen=True, slots=True)
class Contract:
    """Functions of one library that do the same."""

    library: str
    effect: Effect
    names: str
    """Symbols, separated by blanks."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """What the project itself says of a function (``[[assume]]``), taken instead of its body or a shipped contract."""

    effects: tuple[Effect, ...]
    reason: str
    entry: int
    """Position among the project's assumptions."""


ALLOCATORS = "allocators"
"""The library of names that count behind the prefix of an allocator only: ``new`` may be anything."""

CONTRACTS: tuple[Contract, ...] = (
    Contract(
        "libc: memory",
        Effect.ALLOCATES,
        """
        malloc calloc aligned_alloc posix_memalign memalign valloc pvalloc reallocarray strdup strndup
        __strdup __strndup asprintf vasprintf __asprintf_chk __vasprintf_chk pthread_atfork getline getdelim __getdelim
        getaddrinfo opendir fopen fopen64 fdopen realpath __realpath_chk mmap mmap64 brk sbrk
        __cxa_thread_atexit_impl""",
    ),
    Contract("libc: memory", Effect.REALLOCATES, "realloc mremap"),
    Contract("libc: memory", Effect.FREES, "free cfree freeaddrinfo closedir fclose munmap"),
    Contract("jemalloc", Effect.ALLOCATES, "mallocx"),
    Contract("jemalloc", Effect.REALLOCATES, "rallocx xallocx"),
    Contract("jemalloc", Effect.FREES, "sdallocx dallocx free_sized free_aligned_sized"),
    Contract("jemalloc", Effect.NONE, "sallocx nallocx malloc_usable_size"),
    Contract(
        ALLOCATORS,
        Effect.ALLOCATES,
        """
        malloc_aligned calloc_aligned zalloc zalloc_aligned malloc_small zalloc_small new new_nothrow new_aligned
        heap_malloc heap_zalloc heap_calloc heap_malloc_aligned""",
    ),
    Contract(ALLOCATORS, Effect.REALLOCATES, "realloc_aligned rezalloc recalloc heap_realloc"),
    Contract(ALLOCATORS, Effect.FREES, "free_size free_size_aligned free_aligned"),
    Contract(ALLOCATORS, Effect.NONE, "usable_size good_size"),
    Contract(
        "C++ runtime",
        Effect.ALLOCATES,
        """
        _Znwm _Znam _ZnwmSt11align_val_t _ZnamSt11align_val_t _ZnwmRKSt9nothrow_t _ZnamRKSt9nothrow_t
        __cxa_allocate_exception""",
    ),
    Contract(
        "C++ runtime",
        Effect.FREES,
        "_ZdlPv _ZdaPv _ZdlPvm _ZdaPvm _ZdlPvSt11align_val_t _ZdaPvSt11align_val_t _ZdlPvmSt11align_val_t",
    ),
    Contract("C++ runtime", Effect.LOCKS, "__cxa_guard_acquire"),
    Contract("C++ runtime", Effect.TERMINATES, "__cxa_throw __cxa_rethrow __cxa_pure_virtual _ZSt9terminatev"),
    Contract(
        "C++ runtime",
        Effect.NONE,
        "__gxx_personality_v0 __cxa_begin_catch __cxa_end_catch __cxa_guard_release __cxa_guard_abort __cxa_atexit",
    ),
    Contract(
        "libc: locks",
        Effect.LOCKS,
        """
        pthread_mutex_lock pthread_mutex_trylock pthread_mutex_timedlock pthread_mutex_clocklock
        pthread_rwlock_rdlock pthread_rwlock_wrlock pthread_rwlock_tryrdlock pthread_rwlock_trywrlock
        pthread_rwlock_timedrdlock pthread_rwlock_timedwrlock pthread_spin_lock pthread_spin_trylock
        pthread_mutex_unlock pthread_rwlock_unlock pthread_spin_unlock
        pthread_cond_signal pthread_cond_broadcast pthread_once flock lockf flockfile funlockfile
        gmtime gmtime_r localtime localtime_r mktime tzset ferror feof clearerr dladdr rand random
        mtx_lock mtx_trylock mtx_unlock""",
    ),
    Contract("Darwin", Effect.LOCKS, "os_unfair_lock_lock os_unfair_lock_trylock os_unfair_lock_unlock"),
    Contract(
        "libc: kernel and waiting",
        Effect.BLOCKS,
        """
        pthread_cond_wait pthread_cond_timedwait pthread_join pthread_barrier_wait pthread_create
        pthread_timedjoin_np pthread_clockjoin_np thrd_create thrd_join clone pthread_getattr_np
        sem_wait sem_timedwait sem_trywait sem_post
        read pread pread64 readv preadv preadv64 write pwrite pwrite64 writev pwritev pwritev64 open open64 openat
        openat64 creat close fsync fdatasync sync syncfs msync ftruncate ftruncate64 fallocate lseek lseek64 stat stat64
        fstat fstat64 lstat lstat64 fstatat fstatat64 statx access faccessat mkdir rmdir unlink unlinkat rename renameat
        link linkat symlink readlink readlinkat chmod fchmod chown fchown readdir readdir64 readdir64_r dirfd getcwd
        chdir copy_file_range sendfile sendfile64 splice tee dup dup2 dup3 pipe pipe2 fcntl fcntl64 ioctl
        __read_chk __pread_chk __open_2 __open64_2 __openat_2 __recv_chk __recvfrom_chk __readlink_chk __getcwd_chk
        poll ppoll __poll_chk select pselect epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd kqueue kevent
        socket socketpair bind listen connect accept accept4 shutdown getsockopt setsockopt getsockname getpeername
        send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg
        sleep usleep nanosleep clock_nanosleep sched_yield pause alarm syscall futex wait waitpid wait4 waitid kill
        fork vfork execve execvp posix_spawn posix_spawnp system popen
        io_uring_enter io_uring_setup aio_read aio_write inotify_add_watch
        fflush fputs fputc putc putchar puts printf fprintf vprintf vfprintf fwrite fread fgets fgetc getc perror
        __printf_chk __fprintf_chk __vprintf_chk __vfprintf_chk __fread_chk __fgets_chk
        fseek ftell fseeko ftello rewind
        res_init res_ninit __res_init __res_ninit
        dlopen dlclose dlsym madvise mlock mprotect getrandom getentropy arc4random_buf""",
    ),
    Contract(
        "libc: kernel, no waiting",
        Effect.ENTERS,
        """
        getpid gettid getppid getpgid getpgrp getsid setsid getuid geteuid getgid getegid getgroups umask
        sched_getaffinity sched_setaffinity pthread_getaffinity_np pthread_setaffinity_np
        sched_getscheduler sched_setscheduler sched_getparam sched_setparam pthread_getschedparam pthread_setschedparam
        sched_get_priority_max sched_get_priority_min sched_rr_get_interval getpriority setpriority nice
        pthread_setname_np pthread_getname_np pthread_kill pthread_sigmask sigprocmask sigpending sigaction signal
        sigaltstack isatty uname gethostname sysinfo sysconf getrlimit getrlimit64 setrlimit setrlimit64 prlimit
        prlimit64 getrusage times clock getitimer setitimer timer_create timer_settime timer_gettime timer_getoverrun
        timer_delete timerfd_create timerfd_settime timerfd_gettime memfd_create mincore munlock munlockall prctl
        membarrier""",
    ),
    Contract(
        "libc: ends",
        Effect.TERMINATES,
        """
        abort exit _exit _Exit quick_exit raise __assert_fail __stack_chk_fail __fortify_fail __chk_fail longjmp
        siglongjmp _longjmp __longjmp_chk""",
    ),
    Contract(
        "libc: computes",
        Effect.NONE,
        """
        memcpy memmove memset memcmp bcmp memchr memrchr mempcpy strlen strnlen strcmp strncmp strcasecmp strncasecmp
        strcpy strncpy stpcpy stpncpy strcat strncat strchr strrchr strstr strspn strcspn strpbrk strchrnul
        strtol strtoul strtoll strtoull strtod strtof atoi atol atoll atof strtok strtok_r strsep strerror
        sprintf snprintf vsprintf vsnprintf __sprintf_chk __snprintf_chk __vsprintf_chk __vsnprintf_chk
        sscanf vsscanf __isoc99_sscanf __isoc99_vsscanf __isoc23_sscanf __isoc23_vsscanf strftime
        __isoc23_strtol __isoc23_strtoul __isoc23_strtoll __isoc23_strtoull rawmemchr bzero explicit_bzero
        __memcpy_chk __memset_chk __memmove_chk __mempcpy_chk __strcpy_chk __strncpy_chk __stpcpy_chk __strcat_chk
        __strncat_chk __explicit_bzero_chk
        fileno difftime dlerror gai_strerror
        isalnum isalpha isdigit islower isprint ispunct isspace isupper isxdigit tolower toupper
        __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc
        __tls_get_addr __errno_location __error strerror_r __xpg_strerror_r
        acos acosf acosh asin asinf asinh atan atanf atanh atan2 atan2f cbrt cbrtf ceil ceilf copysign cos cosf cosh
        coshf erf erfc exp expf exp2 exp2f expm1 expm1f fabs fabsf fdim fdimf floor floorf fma fmaf fmax fmin fmod
        fmodf frexp hypot hypotf ldexp lgamma lgamma_r lgammaf_r log logf log10 log10f log1p log1pf log2 log2f modf
        nearbyint nearbyintf pow powf rint rintf round roundf roundeven sin sinf sincos sinh sinhf sqrt sqrtf tan tanf
        tanh tanhf tgamma tgammaf trunc truncf
        pthread_self pthread_equal pthread_getspecific pthread_setspecific pthread_key_create pthread_key_delete
        pthread_attr_init pthread_attr_destroy pthread_attr_setstacksize pthread_attr_getstack
        pthread_attr_getguardsize pthread_attr_setguardsize pthread_mutex_init pthread_mutex_destroy
        pthread_mutexattr_init pthread_mutexattr_settype pthread_mutexattr_destroy pthread_cond_init
        pthread_cond_destroy pthread_condattr_init pthread_condattr_setclock pthread_condattr_destroy
        pthread_rwlock_init pthread_rwlock_destroy pthread_spin_init pthread_spin_destroy pthread_detach
        getenv secure_getenv getpagesize getauxval sigemptyset sigfillset sigaddset sigdelset sigismember
        qsort bsearch abs labs gnu_get_libc_version dl_iterate_phdr _setjmp setjmp
        __sigsetjmp atexit __pthread_get_minstack __libc_current_sigrtmin __libc_current_sigrtmax""",
    ),
    Contract("vDSO", Effect.NONE, "clock_gettime clock_getres gettimeofday time getcpu sched_getcpu"),
    Contract(
        "unwinder",
        Effect.TERMINATES,
        "_Unwind_RaiseException _Unwind_Resume _Unwind_Resume_or_Rethrow",
    ),
    Contract(
        "unwinder",
        Effect.NONE,
        """
        _Unwind_Backtrace _Unwind_GetIP _Unwind_GetIPInfo _Unwind_GetCFA _Unwind_GetLanguageSpecificData
        _Unwind_GetRegionStart _Unwind_GetTextRelBase _Unwind_GetDataRelBase _Unwind_SetGR _Unwind_SetIP
        _Unwind_FindEnclosingFunction _Unwind_DeleteException""",
    ),
    Contract(
        "Rust runtime",
        Effect.TERMINATES,
        "__rust_start_panic rust_panic rust_begin_unwind __rust_foreign_exception __rust_drop_panic",
    ),
    Contract("Rust runtime", Effect.NONE, "rust_eh_personality __rust_probestack __dso_handle"),
    Contract("Win32", Effect.ALLOCATES, "HeapAlloc VirtualAlloc"),
    Contract("Win32", Effect.REALLOCATES, "HeapReAlloc"),
    Contract("Win32", Effect.FREES, "HeapFree VirtualFree"),
    Contract(
        "Win32",
        Effect.LOCKS,
        """
        AcquireSRWLockExclusive AcquireSRWLockShared TryAcquireSRWLockExclusive TryAcquireSRWLockShared
        ReleaseSRWLockExclusive ReleaseSRWLockShared EnterCriticalSection LeaveCriticalSection""",
    ),
    Contract("Darwin", Effect.BLOCKS, "dispatch_async_f"),
    Contract(
        "Win32",
        Effect.BLOCKS,
        """
        Sleep WaitOnAddress WaitForSingleObject WaitForSingleObjectEx WaitForMultipleObjects ReadFile WriteFile
        CreateThread _beginthreadex QueueUserWorkItem""",
    ),
    Contract("Win32", Effect.TERMINATES, "__fastfail"),
)

ENTRY_OF_THREAD: Mapping[str, int] = MappingProxyType(
    {
        "pthread_create": 2,
        "thrd_create": 1,
        "clone": 0,
        "CreateThread": 2,
        "_beginthreadex": 2,
        "QueueUserWorkItem": 0,
        "dispatch_async_f": 2,
    }
)
"""Functions that start a thread, or hand work to one that runs, with the position of the argument that it begins in."""

WAITS_FOR_THREADS = frozenset(
    {
        "pthread_join",
        "pthread_timedjoin_np",
        "pthread_clockjoin_np",
        "thrd_join",
        "WaitForSingleObject",
        "WaitForSingleObjectEx",
        "WaitForMultipleObjects",
    }
)
"""Functions that come back when another thread has ended."""

PREFIXED_ALLOCATOR = re.compile(r"(?:_rjem_je_|_rjem_|je_|mi_|tc_|snmalloc_|rpmalloc_|__libc_|__GI___libc_)(\w+)$")
"""Allocators under names of their own: jemalloc, mimalloc, tcmalloc, snmalloc, rpmalloc, and glibc's own entries."""

COMPILER_RUNTIME = re.compile(
    r"__(?:(?:u?div|u?mod|u?divmod|mul|ashl|ashr|lshr|cmp|ucmp|neg|ffs|clz|ctz|popcount|parity|bswap|abs|add|sub|"
    r"mulo|addv|subv|mulv|negv|absv|fix|fixuns|float|floatun|extend|trunc|pow|eq|ne|lt|le|gt|ge|unord)[a-z]{1,6}\d?"
    r"|aeabi_\w+|atomic_\w+|sync_\w+|aarch64_\w+|rust_[iu]128_\w+)$"
)
"""compiler-rt and libgcc: arithmetic that the machine lacks."""
