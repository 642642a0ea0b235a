/*
 * Starts a program as the first process of PID, mount and UTS namespaces of its own:
 *
 *     enter HOSTNAME TABLE PROGRAM [ARGUMENT...]
 *
 * It does what `unshare --pid --fork --kill-child --uts --mount --mount-proc` does, gives the machine its name (unless that
 * is empty), and mounts what the file TABLE says, if there is one, as `mount -c -a -T TABLE` does: one program instead of
 * three, without a C library to load. The program leads a session of its own, as `setsid` does: a signal to its group reaches
 * nobody outside. SIGINT and SIGQUIT, which shells ignore for what they start in the background, end it again. A mount that fails does not end it: the program then gets two more arguments, `failed`
 * and what happened, and tells it where its words are read.
 *
 * Each line of that file has six words with one blank between them: source, target, type, options, and two that do not
 * matter here. Blanks and backslashes in words are octal numbers. Options are bind, rbind, ro, nosuid and nodev; all others
 * are those of the file system.
 *
 * It ends as the program does; with 1, and a word on standard error, when there are no namespaces for it. No header is
 * included: constants and numbers of system calls are those of the kernel's interface, which never change.
 */

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, MMAP = 9, SIGACTION = 13, SIGPROCMASK = 14, CLONE = 56, EXECVE = 59, WAIT4 = 61, SETSID = 112,
       PRCTL = 157, MOUNT = 165, SETHOSTNAME = 170, EXIT_GROUP = 231, OPENAT = 257, UNSHARE = 272 };
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, MMAP = 222, SIGACTION = 134, SIGPROCMASK = 135, CLONE = 220, EXECVE = 221, WAIT4 = 260,
       SETSID = 157, PRCTL = 167, MOUNT = 40, SETHOSTNAME = 161, EXIT_GROUP = 94, OPENAT = 56, UNSHARE = 97 };
#else
#error "for x86_64 and aarch64"
#endif

enum { NEW_MOUNT = 0x20000, NEW_UTS = 0x4000000, NEW_PID = 0x20000000 };
enum { RDONLY = 1, NOSUID = 2, NODEV = 4, NOEXEC = 8, REMOUNT = 32, BIND = 4096, REC = 16384, PRIVATE = 1 << 18 };
enum { SIGINT = 2, SIGQUIT = 3, SIGKILL = 9, SIGTERM = 15, SIGCHLD = 17, BLOCK = 0, SETMASK = 2 };
enum { DEATH_SIGNAL = 1, HERE = -100, CLOSE_ON_EXEC = 02000000, INTERRUPTED = -4, NO_ENTRY = -2 };
/* Of the table, more than any that is written; only what is used becomes memory. */
enum { ROOM = 16 << 20, MAP_ANONYMOUS_PRIVATE = 0x22, PROT_READ_WRITE = 3 };

static long call(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
#else
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#endif
}

static long length(const char *text)
{
	long count = 0;
	while (text[count] != 0) count++;
	return count;
}

static int is(const char *one, const char *other)
{
	while (*one != 0 && *one == *other) one++, other++;
	return *one == *other;
}

static long mount(const char *source, const char *target, const char *type, long flags, const char *data)
{
	return call(MOUNT, (long)source, (long)target, (long)type, flags, (long)data, 0);
}

/* ------------------------------------------------------------------------------------------------- what went wrong */

static char said[4608];
static long said_length;

static void say(const char *text)
{
	while (*text != 0 && said_length < (long)sizeof said - 1) said[said_length++] = *text++;
	said[said_length] = 0;
}

static void say_number(long number)
{
	char digits[8];
	long at = sizeof digits - 1;
	digits[at] = 0;
	do digits[--at] = '0' + number % 10; while ((number /= 10) > 0 && at > 0);
	say(digits + at);
}

static void say_error(long result)
{
	static const struct { int number; const char *text; } known[] = {
		{ 1, "Operation not permitted" }, { 2, "No such file or directory" }, { 5, "Input/output error" },
		{ 12, "Cannot allocate memory" }, { 13, "Permission denied" }, { 15, "Block device required" },
		{ 16, "Device or resource busy" }, { 19, "No such device" }, { 20, "Not a directory" },
		{ 21, "Is a directory" }, { 22, "Invalid argument" }, { 28, "No space left on device" },
		{ 30, "Read-only file system" }, { 36, "File name too long" }, { 40, "Too many levels of symbolic links" },
		{ 116, "Stale file handle" },
	};
	say(": ");
	for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].number == -result) return say(known[i].text);
	say("error ");
	say_number(-result);
}

static void end(long status)
{
	for (;;) call(EXIT_GROUP, status, 0, 0, 0, 0, 0);
}

static void fail(const char *what, long result)
{
	say("enter: ");
	say(what);
	say_error(result);
	say("\n");
	call(WRITE, 2, (long)said, said_length, 0, 0, 0);
	end(1);
}

/* -------------------------------------------------------------------------------------------------------- the table */

/* Ends the word that begins at `from`, undoes its octal numbers, and answers where the next one begins. */
static char *take(char *from)
{
	char *read = from;
	char *write = from;
	while (*read != 0 && *read != ' ' && *read != '\n') {
		int is_octal = read[0] == '\\' && read[1] >= '0' && read[1] <= '3' && read[2] >= '0' && read[2] <= '7' &&
			read[3] >= '0' && read[3] <= '7';
		*write++ = is_octal ? (read[1] - '0') * 64 + (read[2] - '0') * 8 + (read[3] - '0') : *read;
		read += is_octal ? 4 : 1;
	}
	char *next = *read == 0 ? read : read + 1;
	*write = 0;
	return next;
}

/* Leaves only what the file system is to be told, and answers the flags of all else. */
static long take_options(char *options)
{
	static const struct { const char *name; long flags; } known[] = {
		{ "bind", BIND }, { "rbind", BIND | REC }, { "ro", RDONLY }, { "nosuid", NOSUID }, { "nodev", NODEV },
	};
	long flags = 0;
	char *write = options;
	char *start = options;
	for (char *at = options;; at++) {
		if (*at != ',' && *at != 0) continue;
		int is_last = *at == 0;
		*at = 0;
		unsigned i = 0;
		while (i < sizeof known / sizeof *known && !is(start, known[i].name)) i++;
		if (i < sizeof known / sizeof *known) flags |= known[i].flags;
		else {
			if (write != options) *write++ = ',';
			while (*start != 0) *write++ = *start++;
		}
		if (is_last) break;
		start = at + 1;
	}
	*write = 0;
	return flags;
}

static int mount_one(const char *source, const char *target, const char *type, char *options)
{
	long flags = take_options(options);
	long result = (flags & BIND) != 0
		? mount(source, target, 0, flags & (BIND | REC), 0)
		: mount(source, target, type, flags, options);
	/* What is bound takes its own flags only when it is mounted again. */
	if (result == 0 && (flags & BIND) != 0 && (flags & ~(BIND | REC)) != 0)
		result = mount(0, target, 0, BIND | REMOUNT | (flags & ~REC), 0);
	if (result == 0) return 1;
	say("mount: ");
	say(source);
	say(" on ");
	say(target);
	say_error(result);
	return 0;
}

static int mount_table(const char *path)
{
	long file = call(OPENAT, HERE, (long)path, CLOSE_ON_EXEC, 0, 0, 0);
	if (file == NO_ENTRY) return 1;
	char *table = (char *)call(MMAP, 0, ROOM, PROT_READ_WRITE, MAP_ANONYMOUS_PRIVATE, -1, 0);
	long count = file < 0 ? file : (long)table < 0 && (long)table > -4096 ? (long)table : 0;
	for (long size = 0; count == 0 && size < ROOM - 1;) {
		long more = call(READ, file, (long)(table + size), ROOM - 1 - size, 0, 0, 0);
		if (more == 0) break;
		if (more > 0) size += more;
		else if (more != INTERRUPTED) count = more;
	}
	if (count < 0) {
		say("mount: reading its table");
		say_error(count);
		return 0;
	}
	for (char *at = table; *at != 0;) {
		char *words[4];
		for (int i = 0; i < 4; i++) {
			words[i] = at;
			at = take(at);
		}
		while (*at != 0 && *at != '\n') at++;
		if (*at == '\n') at++;
		if (!mount_one(words[0], words[1], words[2], words[3])) return 0;
	}
	return 1;
}

/* ------------------------------------------------------------------------------------------------- the two processes */

static void first_process(char **words, char **environment, long count, const unsigned long *mask)
{
	call(PRCTL, DEATH_SIGNAL, SIGKILL, 0, 0, 0, 0);
	long result = mount("none", "/proc", 0, PRIVATE | REC, 0);
	if (result == 0) result = mount("proc", "/proc", "proc", NOSUID | NOEXEC | NODEV, 0);
	if (result != 0) fail("mounting /proc", result);
	char *hostname = words[0];
	/* As far as it is permitted. */
	if (*hostname != 0) call(SETHOSTNAME, (long)hostname, length(hostname), 0, 0, 0, 0);
	char **program = words + 2;
	char *longer[16];
	if (!mount_table(words[1])) {
		long i = 0;
		for (; i < count - 2 && i < 13; i++) longer[i] = program[i];
		longer[i++] = "failed";
		longer[i++] = said;
		longer[i] = 0;
		program = longer;
	}
	call(SETSID, 0, 0, 0, 0, 0, 0);
	static const unsigned long by_default[4];
	call(SIGACTION, SIGINT, (long)by_default, 0, 8, 0, 0);
	call(SIGACTION, SIGQUIT, (long)by_default, 0, 8, 0, 0);
	call(SIGPROCMASK, SETMASK, (long)mask, 0, 8, 0, 0);
	result = call(EXECVE, (long)program[0], (long)program, (long)environment, 0, 0, 0);
	fail(program[0], result);
}

__attribute__((used)) void start(long *stack)
{
	long count = stack[0] - 1;
	char **words = (char **)(stack + 2);
	char **environment = words + count + 1;
	if (count < 3) fail("HOSTNAME TABLE PROGRAM [ARGUMENT...]", -22);
	long result = call(UNSHARE, NEW_MOUNT | NEW_UTS | NEW_PID, 0, 0, 0, 0, 0);
	if (result != 0) fail("making namespaces", result);
	result = mount("none", "/", 0, PRIVATE | REC, 0);
	if (result != 0) fail("keeping mounts to itself", result);
	/* Whoever ends the whole group that this is in shall still be told how the program ends. */
	unsigned long blocked = 1ul << (SIGINT - 1) | 1ul << (SIGTERM - 1);
	unsigned long mask = 0;
	call(SIGPROCMASK, BLOCK, (long)&blocked, (long)&mask, 8, 0, 0);
	long child = call(CLONE, SIGCHLD, 0, 0, 0, 0, 0);
	if (child < 0) fail("making a process", child);
	if (child == 0) first_process(words, environment, count, &mask);
	int status = 0;
	while (call(WAIT4, child, (long)&status, 0, 0, 0, 0) == INTERRUPTED) continue;
	end((status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f));
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
#else
__asm__(".globl _start\n_start: mov x0, sp\n bl start\n");
#endif
