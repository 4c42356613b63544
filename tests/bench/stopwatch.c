/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stopwatch ROUNDS: runs the jobs on standard input in turns, ROUNDS times.
 *
 * A line is a name, a tab, and a command whose words are separated by single blanks; the name "-"
 * is for what must happen in between and is not measured. Prints, for each name and separated by
 * tabs: the fastest and the median run in microseconds, the largest resident set of any process of
 * it in KiB, and the time of every round. What the commands print is thrown away; one that fails
 * ends everything.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { MAX_JOBS = 64, MAX_WORDS = 1100, MAX_ROUNDS = 1000 };

struct job {
	char *name;
	char *words[MAX_WORDS + 1];
	int64_t times[MAX_ROUNDS];
	long rss;
};

extern char **environ;

static void die(const char *what, const char *name)
{
	fprintf(stderr, "stopwatch: %s: %s\n", name, what);
	exit(1);
}

static void parse_job(struct job *job, char *line)
{
	char *rest = line;
	size_t n = 0;

	job->name = strsep(&rest, "\t");
	if (!rest)
		die("no command", job->name);
	for (char *word; (word = strsep(&rest, " ")) && n < MAX_WORDS;)
		job->words[n++] = word;
	if (rest)
		die("too many words", job->name);
}

static size_t read_jobs(struct job *jobs)
{
	char *line = NULL;
	size_t size = 0, n = 0;
	ssize_t length;

	while (n < MAX_JOBS && (length = getline(&line, &size, stdin)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		parse_job(&jobs[n++], line);
		line = NULL; /* the job keeps it */
		size = 0;
	}
	free(line);
	return n;
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static pid_t start(const struct job *job)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	if (posix_spawnp(&pid, job->words[0], &actions, NULL, job->words, environ) != 0)
		die("cannot be started", job->name);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static void run(struct job *job, int round)
{
	int64_t begin = now_us();
	pid_t pid = start(job);
	struct rusage usage;
	int status;

	if (wait4(pid, &status, 0, &usage) < 0)
		die("vanished", job->name);
	job->times[round] = now_us() - begin;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("failed", strcmp(job->name, "-") == 0 ? job->words[0] : job->name);
	if (usage.ru_maxrss > job->rss)
		job->rss = usage.ru_maxrss;
}

static int compare_times(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

static void print(const struct job *job, int rounds)
{
	int64_t sorted[MAX_ROUNDS];

	memcpy(sorted, job->times, sizeof(sorted));
	qsort(sorted, (size_t)rounds, sizeof(sorted[0]), compare_times);
	printf("%s\t%lld\t%lld\t%ld\t", job->name, (long long)sorted[0],
	       (long long)sorted[rounds / 2], job->rss);
	for (int i = 0; i < rounds; i++)
		printf("%s%lld", i ? " " : "", (long long)job->times[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	struct job *jobs = calloc(MAX_JOBS, sizeof(*jobs));
	int rounds = argc == 2 ? atoi(argv[1]) : 0;
	size_t count;

	if (!jobs || rounds < 1 || rounds > MAX_ROUNDS)
		die("usage: stopwatch ROUNDS", "1 to 1000 rounds");
	count = read_jobs(jobs);
	for (int round = 0; round < rounds; round++)
		for (size_t i = 0; i < count; i++)
			run(&jobs[i], round);
	for (size_t i = 0; i < count; i++)
		if (strcmp(jobs[i].name, "-") != 0)
			print(&jobs[i], rounds);
	return 0;
}
