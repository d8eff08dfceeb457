/* clocks.c - telling the time and letting it pass. */
#include <stdio.h>
#include <time.h>

static long long nanoseconds(clockid_t clock) {
    struct timespec time = {0};
    if (clock_gettime(clock, &time)) return -1;
    return (long long)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void check(const char *what, int good) { printf("%s: %s\n", what, good ? "yes" : "no"); }

int main(void) {
    struct timespec step, pause = {0, 30000000};
    check("realtime is after 2020", nanoseconds(CLOCK_REALTIME) > 1577836800000000000LL);
    check("time agrees", time(NULL) - nanoseconds(CLOCK_REALTIME) / 1000000000 <= 1);
    check("realtime has a step", clock_getres(CLOCK_REALTIME, &step) == 0);
    check("monotonic has a step", clock_getres(CLOCK_MONOTONIC, &step) == 0);
    long long before = nanoseconds(CLOCK_MONOTONIC), last = before;
    int back = 0;
    for (int i = 0; i < 1000; i++) {
        long long now = nanoseconds(CLOCK_MONOTONIC);
        back += now < last;
        last = now;
    }
    check("monotonic does not go back", back == 0);
    before = nanoseconds(CLOCK_MONOTONIC);
    check("nanosleep", nanosleep(&pause, NULL) == 0);
    long long passed = nanoseconds(CLOCK_MONOTONIC) - before;
    check("slept long enough", passed >= 30000000);
    check("and not too long", passed < 10000000000);
    before = nanoseconds(CLOCK_MONOTONIC);
    struct timespec until = {before / 1000000000, before % 1000000000};
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    check("until a moment", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0);
    check("which came", nanoseconds(CLOCK_MONOTONIC) - before >= 20000000);
    return 0;
}
