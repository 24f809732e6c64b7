/* What a vendor's library does, seen only as machine code. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t ring[4096];
static size_t filled;
static void *volatile last;
extern int vendor_elsewhere(const uint8_t *frame);

/* Local, so the assembler resolves its calls: there is no relocation. */
__attribute__((noinline)) static void append(const uint8_t *frame, size_t length) {
    pthread_mutex_lock(&lock);
    memcpy(ring + filled, frame, length);
    filled += length;
    pthread_mutex_unlock(&lock);
}

int vendor_queue(const uint8_t *frame, size_t length) {
    if (length > sizeof ring - filled) return -1;
    append(frame, length);
    return 0;
}

int vendor_send(int socket, const uint8_t *frame, size_t length) {
    uint8_t *copy = malloc(length + 4);
    if (!copy) return -1;
    memcpy(copy + 4, frame, length);
    ssize_t sent = write(socket, copy, length + 4);
    free(copy);
    return sent < 0;
}

uint32_t vendor_checksum(const uint8_t *frame, size_t length) {
    uint32_t sum = 0;
    for (size_t at = 0; at < length; at++) sum = sum * 31 + frame[at];
    return sum;
}

/* The jump of a switch is no call through a pointer. */
int vendor_kind(int code, const uint8_t *frame) {
    switch (code) {
    case 0: return (int)vendor_checksum(frame, 3);
    case 1: return frame[1] * 7;
    case 2: return frame[4] - 9;
    case 3: return frame[2] ^ frame[9];
    case 4: return frame[5] << frame[6];
    case 5: return frame[7] % 5;
    default: return -1;
    }
}

int vendor_notify(int (*callback)(int), int value) { return callback(value) + 1; }

int vendor_forward(const uint8_t *frame) { return vendor_elsewhere(frame) + 1; }

static int compare(const void *left, const void *right) {
    uint8_t *scratch = malloc(2);
    last = scratch;
    free(scratch);
    return *(const uint8_t *)left - *(const uint8_t *)right;
}

void vendor_sort(uint8_t *frame, size_t length) { qsort(frame, length, 1, compare); }

extern void native_event(int value);
void vendor_poll(int value) { native_event(value); native_event(value + 1); }
