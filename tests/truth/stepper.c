/* Runs a program one instruction at a time while a window is open in a thread, and writes down what the processor did.

       stepper EVENTS PROGRAM ARGUMENT...

   A window is opened and closed by the program itself with an `int3`: its number, or 0, is in `rdi` (runs/src/window.rs).
   Threads without a window run at full speed. Nothing here knows a name: an event is an instruction.

   1. Of each instruction that is about to run, prefixes, opcode and ModRM tell whether it locks the bus, enters the
      kernel, reads the time-stamp counter, or calls or jumps through a register or memory (Intel SDM, volume 2).
   2. A call pushes its address and the stack pointer on a shadow stack. An entry is dead once the stack pointer is back
      at it or above: so returns, tail calls and unwinding need no care.
   3. Entering the kernel's vDSO is a clock that was read (it exports little else).
   4. A thread that comes back to an earlier address with all registers as they were, REPEATS times on end, waits for
      memory that another thread must write.

   Each event is a line of JSON: the window, kind, value, slot, how often, and the stack from the innermost frame, as
   addresses in the executable's file; addresses elsewhere are left as they are. A window of more than STEPS instructions
   is let go: of the rest of it only the system calls are seen, without a stack, and that is an event too.

   Not handled: machines other than x86-64. Ends with 3 where the system does not allow to trace. */

#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEEPEST = 96, THREADS = 1 << 12, EVENTS = 1 << 10, DECODED = 1 << 18, HEADS = 1 << 8 };
enum { STEPS = 2000, REPEATS = 64 };

enum kind { OTHER, LOCKED, FENCE, SYSTEM_CALL, CLOCK, CALL, INDIRECT_CALL, INDIRECT_JUMP, SPIN, CUT_OFF, OPENED, MARK };
static const char *const NAMES[] = {"",     "locked",        "fence",         "system-call", "clock",
                                    "",     "indirect-call", "indirect-jump", "spin",        "cut-off",
                                    "opened"};

struct instruction {
    uint64_t address, slot; /* `slot`: the word that an indirect call loads its target from, where the code names it */
    uint8_t kind;
};

struct frame {
    uint64_t call, stack;
};

struct event {
    enum kind kind;
    uint64_t value, slot, times;
    int depth;
    uint64_t frames[DEEPEST];
};

struct head {
    uint64_t address, state, times;
};

struct thread {
    pid_t id;
    uint64_t window, steps;
    struct instruction last; /* is executing, or was before this stop */
    int depth, events;
    struct frame stack[DEEPEST];
    struct event *event;
    struct head heads[HEADS];
};

static struct thread threads[THREADS];
static struct instruction decoded[DECODED];
static uint64_t program_start, program_end, vdso_start, vdso_end;
static FILE *out;

static void fail(const char *what) {
    perror(what);
    exit(2);
}

static struct thread *thread_of(pid_t id) {
    for (unsigned at = (unsigned)id % THREADS;; at = (at + 1) % THREADS) {
        if (threads[at].id == id) return &threads[at];
        if (!threads[at].id) {
            threads[at].id = id;
            return &threads[at];
        }
    }
}

static void find_maps(pid_t process, const char *program) {
    char name[64], line[4096], *whole = realpath(program, NULL);
    snprintf(name, sizeof name, "/proc/%d/maps", process);
    FILE *maps = fopen(name, "r");
    if (!maps || !whole) fail(program);
    while (fgets(line, sizeof line, maps)) {
        uint64_t start, end;
        if (sscanf(line, "%lx-%lx", &start, &end) != 2) continue;
        line[strcspn(line, "\n")] = 0;
        if (strstr(line, "[vdso]")) vdso_start = start, vdso_end = end;
        if (strstr(line, whole)) {
            if (!program_start) program_start = start;
            program_end = end;
        }
    }
    fclose(maps);
    free(whole);
}

/* Clause 1. */
static enum kind kind_of(const uint8_t *code, size_t length, uint64_t address, uint64_t *slot) {
    size_t at = 0;
    int locks = 0;
    while (at < length && (strchr("\x66\x67\xf2\xf3\x2e\x36\x3e\x26\x64\x65\xf0", code[at]) != NULL) && code[at]) {
        locks |= code[at++] == 0xf0;
    }
    if ((code[at] & 0xf0) == 0x40) at++;
    uint8_t opcode = code[at], next = code[at + 1], field = next >> 3 & 7, is_memory = next >> 6 != 3;
    if (locks) return LOCKED;
    switch (opcode) {
    case 0x86: /* xchg */
    case 0x87: return is_memory ? LOCKED : OTHER;
    case 0xe8: return CALL;
    case 0xcc: return MARK;
    case 0xff:
        if (field != 2 && field != 4) return OTHER;
        if ((next & 0xc7) == 5) *slot = address + at + 6 + (uint64_t)(int64_t) * (int32_t *)(code + at + 2);
        return field == 2 ? INDIRECT_CALL : INDIRECT_JUMP;
    case 0x0f:
        if (next == 0x05) return SYSTEM_CALL;
        if (next == 0x31) return CLOCK; /* rdtsc */
        if (next == 0x01 && code[at + 2] == 0xf9) return CLOCK; /* rdtscp */
        if (next == 0xae && code[at + 2] == 0xf0) return FENCE; /* mfence */
    }
    return OTHER;
}

static struct instruction *decode(pid_t process, uint64_t address) {
    unsigned at = (unsigned)(address * 0x9e3779b97f4a7c15u >> 40) % DECODED;
    if (decoded[at].address == address) return &decoded[at];
    uint8_t code[32] = {0};
    struct iovec here = {code, 16}, there = {(void *)address, 16};
    ssize_t length = process_vm_readv(process, &here, 1, &there, 1, 0);
    struct instruction read = {address, 0, OTHER};
    if (length > 0) read.kind = kind_of(code, (size_t)length, address, &read.slot);
    decoded[at] = read;
    return &decoded[at];
}

static uint64_t in_file(uint64_t address) {
    return address >= program_start && address < program_end ? address - program_start : address;
}

/* Clause 2. */
static void drop_dead(struct thread *thread, uint64_t stack) {
    while (thread->depth && thread->stack[thread->depth - 1].stack <= stack) thread->depth--;
}

static void note(struct thread *thread, enum kind kind, uint64_t address, uint64_t value, uint64_t slot) {
    struct event new = {.kind = kind, .value = value, .slot = slot};
    new.frames[new.depth++] = in_file(address);
    for (int at = thread->depth; at-- && new.depth < DEEPEST;) new.frames[new.depth++] = in_file(thread->stack[at].call);
    for (int at = 0; at < thread->events; at++) {
        struct event *old = &thread->event[at];
        if (old->kind == kind && old->value == value && old->depth == new.depth
            && !memcmp(old->frames, new.frames, sizeof(uint64_t) * (size_t)new.depth)) {
            old->times++;
            return;
        }
    }
    if (thread->events == EVENTS) return;
    new.times = 1;
    thread->event[thread->events++] = new;
}

static void open_window(struct thread *thread, uint64_t window) {
    thread->window = window;
    thread->steps = 0;
    thread->depth = thread->events = 0;
    thread->last = (struct instruction){0, 0, OTHER};
    memset(thread->heads, 0, sizeof thread->heads);
    if (!thread->event && !(thread->event = calloc(EVENTS, sizeof(struct event)))) fail("calloc");
    note(thread, OPENED, 0, 0, 0);
}

static void close_window(struct thread *thread) {
    for (int at = 0; at < thread->events; at++) {
        const struct event *event = &thread->event[at];
        fprintf(out, "{\"call\":%lu,\"kind\":\"%s\",\"value\":%lu,\"slot\":%lu,\"times\":%lu,\"frames\":[", thread->window,
                NAMES[event->kind], event->value, event->slot, event->times);
        for (int frame = 0; frame < event->depth; frame++) fprintf(out, frame ? ",%lu" : "%lu", event->frames[frame]);
        fputs("]}\n", out);
    }
    thread->window = 0;
}

/* Clause 4: the state is all registers but those that only the tracer sees. */
static void look_for_a_loop(struct thread *thread, const struct user_regs_struct *now) {
    const uint64_t registers[] = {now->rax, now->rbx, now->rcx, now->rdx, now->rsi, now->rdi, now->rbp, now->rsp,
                                  now->r8,  now->r9,  now->r10, now->r11, now->r12, now->r13, now->r14, now->r15};
    uint64_t state = 14695981039346656037u;
    for (size_t at = 0; at < sizeof registers / sizeof *registers; at++) state = (state ^ registers[at]) * 1099511628211u;
    struct head *head = &thread->heads[now->rip * 0x9e3779b97f4a7c15u >> 56];
    if (head->address != now->rip || head->state != state) {
        *head = (struct head){now->rip, state, 1};
    } else if (++head->times == REPEATS) {
        note(thread, SPIN, now->rip, 0, 0);
    }
}

/* The thread stopped inside its window, before the instruction at `rip`. */
static void step(struct thread *thread, const struct user_regs_struct *now) {
    struct instruction *last = &thread->last;
    if (last->kind == MARK) {
        close_window(thread);
        return;
    }
    if (last->kind == INDIRECT_CALL || last->kind == INDIRECT_JUMP) {
        drop_dead(thread, now->rsp + (last->kind == INDIRECT_CALL ? 8 : 0));
        note(thread, last->kind, last->address, in_file(now->rip), in_file(last->slot));
    }
    if (last->kind == CALL || last->kind == INDIRECT_CALL) {
        drop_dead(thread, now->rsp + 8);
        if (thread->depth < DEEPEST) thread->stack[thread->depth++] = (struct frame){last->address, now->rsp + 8};
    } else if (now->rip < last->address) {
        drop_dead(thread, now->rsp);
        look_for_a_loop(thread, now);
    }
    if (now->rip >= vdso_start && now->rip < vdso_end && !(last->address >= vdso_start && last->address < vdso_end)) {
        drop_dead(thread, now->rsp);
        note(thread, CLOCK, now->rip, 0, 0);
    }
    *last = *decode(thread->id, now->rip);
    if (last->kind >= LOCKED && last->kind <= CLOCK && !(now->rip >= vdso_start && now->rip < vdso_end && last->kind == CLOCK)) {
        drop_dead(thread, now->rsp);
        note(thread, (enum kind)last->kind, now->rip, last->kind == SYSTEM_CALL ? now->rax : 0, 0);
    }
    if (++thread->steps == STEPS) note(thread, CUT_OFF, now->rip, 0, 0);
}

/* A trap: a step, or the mark of a window. */
static void trapped(struct thread *thread) {
    struct user_regs_struct now;
    if (ptrace(PTRACE_GETREGS, thread->id, 0, &now)) return;
    if (thread->window && thread->steps < STEPS) {
        step(thread, &now);
    } else if (thread->window) {
        close_window(thread);
    } else if (now.rdi) {
        open_window(thread, now.rdi);
    }
}

/* A system call of a window that was let go begins or ends. */
static void called(struct thread *thread) {
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->id, sizeof info, &info) <= 0) return;
    thread->depth = 0;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) note(thread, SYSTEM_CALL, info.instruction_pointer, info.entry.nr, 0);
}

static enum __ptrace_request next_request(const struct thread *thread) {
    if (!thread->window) return PTRACE_CONT;
    return thread->steps < STEPS ? PTRACE_SINGLESTEP : PTRACE_SYSCALL;
}

int main(int count, char **arguments) {
    if (count < 3 || !(out = fopen(arguments[1], "w"))) return 2;
    pid_t process = fork();
    if (!process) {
        personality(ADDR_NO_RANDOMIZE);
        if (ptrace(PTRACE_TRACEME, 0, 0, 0)) fail("ptrace");
        execv(arguments[2], arguments + 2);
        fail(arguments[2]);
    }
    int status, code = 0;
    if (waitpid(process, &status, 0) != process || !WIFSTOPPED(status)) return 3; /* ptrace is not allowed here */
    if (ptrace(PTRACE_SETOPTIONS, process, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) fail("ptrace");
    find_maps(process, arguments[2]);
    ptrace(PTRACE_CONT, process, 0, 0);
    for (pid_t id; (id = waitpid(-1, &status, __WALL)) > 0;) {
        struct thread *thread = thread_of(id);
        if (!WIFSTOPPED(status)) {
            if (id == process) code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        int signal = WSTOPSIG(status);
        if (signal == SIGTRAP && !(status >> 16)) trapped(thread);
        if (signal == (SIGTRAP | 0x80)) called(thread);
        if (signal == SIGTRAP || signal == (SIGTRAP | 0x80) || signal == SIGSTOP) signal = 0;
        ptrace(next_request(thread), id, 0, (void *)(intptr_t)signal);
    }
    return fclose(out) ? 2 : code;
}
