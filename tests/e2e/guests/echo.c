/* echo.c - a server on the socket that it is handed: sends back what each of two clients sends, in
 * capitals, after a look that takes nothing. */
#include <ctype.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 3 };

static int serve(int client) {
    char text[64], seen[64];
    ssize_t looked = recv(client, seen, sizeof seen, MSG_PEEK);
    ssize_t size = recv(client, text, sizeof text, 0);
    if (looked <= 0 || size < looked || seen[0] != text[0]) return 1;
    for (ssize_t i = 0; i < size; i++) text[i] = (char)toupper((unsigned char)text[i]);
    if (send(client, text, (size_t)size, 0) != size) return 2;
    if (shutdown(client, SHUT_WR) != 0) return 3;
    if (recv(client, text, sizeof text, 0) != 0) return 4; /* the client has closed, too */
    return close(client);
}

int main(void) {
    for (int i = 0; i < 2; i++) {
        int client = accept(LISTENER, NULL, NULL);
        if (client < 0) return perror("accept"), 1;
        int failed = serve(client);
        if (failed) return fprintf(stderr, "client %d: step %d failed\n", i, failed), 1;
    }
    puts("served 2");
    return 0;
}
