/* A server that goes wrong, for tests of what is said then. It listens on a free port of 127.0.0.1, prints the port, and
 * does the same to each that connects, one after the other, until it is ended.
 *
 *   fake_server silent        accepts, and says nothing
 *   fake_server closes        closes at once
 *   fake_server no-xmpp       says something else
 *   fake_server refuses       lets nobody log in
 *   fake_server mute          logs clients in, and never answers them
 *   fake_server slow          logs clients in, and answers each of their requests after some time
 *   fake_server dies          logs clients in, and closes when they ask for something
 *   fake_server tls-silent    agrees to TLS, and says nothing afterwards
 *   fake_server tls PORT      agrees to TLS, and passes on what comes to another port and back */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>

enum { HEARD_SIZE = 65536, SLOW_MS = 300 };

static const char *mode;
static unsigned short other_port;
static char heard[HEARD_SIZE];

static const char header[] = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                             "xmlns:stream='http://etherx.jabber.org/streams' id='a' version='1.0' "
                             "from='montague.example'>";
static const char offers_tls[] = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
                                 "</starttls></stream:features>";
static const char offers_login[] = "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                                   "<mechanism>PLAIN</mechanism></mechanisms></stream:features>";
static const char offers_bind[] = "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>";
static const char proceeds[] = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
static const char refuses[] = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>";
static const char succeeds[] = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";

static void say(int fd, const char *text) {
    (void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static int is(const char *what) {
    return strcmp(mode, what) == 0;
}

/* Reads until a text has come, and forgets all that was read. returns 0 where the other side closes. */
static int comes(int fd, const char *text) {
    size_t count = 0;
    heard[0] = '\0';
    while (strstr(heard, text) == NULL) {
        const ssize_t got = count + 1 < sizeof heard ? recv(fd, heard + count, sizeof heard - 1 - count, 0) : 0;
        if (got <= 0) {
            return 0;
        }
        count += (size_t)got;
        heard[count] = '\0';
    }
    return 1;
}

static void hold(int fd) {
    while (recv(fd, heard, sizeof heard, 0) > 0) {
    }
}

static int copy(int from, int to) {
    const ssize_t got = recv(from, heard, sizeof heard, 0);
    return got > 0 && send(to, heard, (size_t)got, MSG_NOSIGNAL) == got;
}

static void pass_on(int fd) {
    struct sockaddr_in in = {
        .sin_family = AF_INET, .sin_port = htons(other_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int other = socket(AF_INET, SOCK_STREAM, 0);
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = other, .events = POLLIN}};
    int good = other >= 0 && connect(other, (struct sockaddr *)&in, sizeof in) == 0;
    while (good && poll(fds, 2, -1) > 0) {
        good = (fds[0].revents == 0 || copy(fd, other)) && (fds[1].revents == 0 || copy(other, fd));
    }
    close(other);
}

static void agree_to_tls(int fd) {
    say(fd, header);
    say(fd, offers_tls);
    if (comes(fd, "<starttls")) {
        say(fd, proceeds);
        if (is("tls")) {
            pass_on(fd);
        } else {
            hold(fd);
        }
    }
}

/* The id of the request that was heard last: the library's is made of words and numbers. */
static void bind_resource(int fd) {
    char answer[400];
    const char *id = strstr(heard, "id=\"");
    snprintf(answer, sizeof answer,
             "<iq type='result' id='%.*s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
             "<jid>romeo@montague.example/orchard</jid></bind></iq>",
             id == NULL ? 0 : (int)strcspn(id + 4, "\""), id == NULL ? "" : id + 4);
    say(fd, answer);
}

/* One request after the other, as they come. */
static void answer_slowly(int fd) {
    while (comes(fd, "</iq>")) {
        for (const char *request = strstr(heard, "<iq "); request != NULL; request = strstr(request + 1, "<iq ")) {
            char answer[200];
            const char *id = strstr(request, " id=");
            (void)poll(NULL, 0, SLOW_MS);
            snprintf(answer, sizeof answer, "<iq type='result' id='%.*s'/>", id == NULL ? 0 : (int)strcspn(id + 5, "\"'"),
                     id == NULL ? "" : id + 5);
            say(fd, answer);
        }
    }
}

static void log_in(int fd) {
    say(fd, header);
    say(fd, offers_login);
    if (!comes(fd, "</auth>")) {
        return;
    }
    if (is("refuses")) {
        say(fd, refuses);
        hold(fd);
        return;
    }
    say(fd, succeeds);
    if (comes(fd, "<stream:stream")) {
        say(fd, header);
        say(fd, offers_bind);
    }
    if (comes(fd, "</iq>")) {
        bind_resource(fd);
        if (is("mute")) {
            hold(fd);
        } else if (is("slow")) {
            answer_slowly(fd);
        } else {
            (void)comes(fd, ">");
        }
    }
}

static void serve(int fd) {
    if (is("closes")) {
        return;
    }
    if (is("silent")) {
        hold(fd);
    } else if (comes(fd, "<stream:stream")) {
        if (is("no-xmpp")) {
            say(fd, "220 mail.example ESMTP\r\n");
            hold(fd);
        } else if (strncmp(mode, "tls", 3) == 0) {
            agree_to_tls(fd);
        } else {
            log_in(fd);
        }
    }
}

int main(int argc, char **argv) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof in;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    mode = argc > 1 ? argv[1] : "silent";
    other_port = (unsigned short)(argc > 2 ? atoi(argv[2]) : 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&in, size) != 0 || listen(listener, 50) != 0 ||
        getsockname(listener, (struct sockaddr *)&in, &size) != 0) {
        perror("fake_server");
        return 1;
    }
    printf("%u\n", (unsigned)ntohs(in.sin_port));
    fflush(stdout);
    for (;;) {
        const int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && fork() == 0) {
            close(listener);
            serve(fd);
            close(fd);
            _exit(0);
        }
        close(fd);
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
    }
}
