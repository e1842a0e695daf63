/* The only program of the canary and of the harness's tests.
 *   probe ADDRESS PORT MILLISECONDS         0 if a TCP connection stands within the time, else 1
 *   probe closes ADDRESS PORT MILLISECONDS  0 once the address is out of reach, having said for how
 *                                           long it was not; 1 if it still is reached at the end
 *   probe uid_map                           prints /proc/self/uid_map
 *   probe copy FILE NEW                     copies up to 4,096 bytes into a new file
 *   probe sleep                             waits to be killed
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ATTEMPT = 300, PAUSE = 20, IN_A_ROW = 3 };

static int reaches(const struct sockaddr_in *address, int milliseconds) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return 0;
    int reached = connect(descriptor, (const struct sockaddr *)address, sizeof *address) == 0;
    if (!reached && errno == EINPROGRESS) {
        struct pollfd waited = {.fd = descriptor, .events = POLLOUT};
        int error = 1;
        socklen_t size = sizeof error;
        reached = poll(&waited, 1, milliseconds) == 1 &&
                  getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
    }
    close(descriptor);
    return reached;
}

static int copy(const char *path, int into) {
    char buffer[4096];
    int descriptor = open(path, O_RDONLY);
    ssize_t size = descriptor < 0 ? -1 : read(descriptor, buffer, sizeof buffer);
    return into >= 0 && size > 0 && write(into, buffer, (size_t)size) == size ? 0 : 1;
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* One failure may be a lost packet: only several in a row count. */
static int closes(const struct sockaddr_in *address, int milliseconds) {
    long start = now(), open_for = 0;
    int failures = 0;
    while (failures < IN_A_ROW) {
        if (reaches(address, ATTEMPT)) {
            failures = 0;
            open_for = now() - start;
        } else {
            failures++;
        }
        if (now() - start > milliseconds + IN_A_ROW * ATTEMPT) break;
        poll(NULL, 0, PAUSE);
    }
    printf("%ld\n", open_for);
    return failures < IN_A_ROW;
}

static void leave(int number) { (void)number; _exit(0); }

int main(int count, char **arguments) {
    const char *deed = count > 1 ? arguments[1] : "";
    signal(SIGTERM, leave);
    if (strcmp(deed, "uid_map") == 0) return copy("/proc/self/uid_map", 1);
    if (strcmp(deed, "copy") == 0 && count == 4) {
        return copy(arguments[2], open(arguments[3], O_WRONLY | O_CREAT | O_EXCL, 0640));
    }
    if (strcmp(deed, "sleep") == 0) for (;;) pause();
    int closing = strcmp(deed, "closes") == 0;
    struct sockaddr_in address = {.sin_family = AF_INET};
    arguments += closing;
    if (count != 4 + closing || inet_pton(AF_INET, arguments[1], &address.sin_addr) != 1) return 2;
    address.sin_port = htons((unsigned short)atoi(arguments[2]));
    int milliseconds = atoi(arguments[3]);
    return closing ? closes(&address, milliseconds) : !reaches(&address, milliseconds);
}
