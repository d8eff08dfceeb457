/* pwd.h - SQLite's shell looks its user's home folder up, to read ~/.sqliterc. */
#ifndef EXAMPLES_SQLITE_PWD_H
#define EXAMPLES_SQLITE_PWD_H

struct passwd {
    char *pw_dir;
};

/* There is one user, at home in the root of what was granted. */
static inline struct passwd *getpwuid(unsigned user) {
    static char root[] = "/";
    static struct passwd home = {root};
    (void)user;
    return &home;
}

#endif
