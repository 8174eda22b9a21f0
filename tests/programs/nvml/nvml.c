/* Stands in for NVIDIA's management library on machines without one: it answers what a text file says.

   The file is named by NVML_ANSWERS, and read again when it changes, so that a test can have a GPU get lost while
   it is watched. A line is: which GPU, or a star for all; which function; the numbers or the text that it answers.
   "error 15" makes it fail with that number, and "hang" never return. What no line says is not supported (error 3).
   The first line that fits counts.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUCCESS 0
#define NOT_SUPPORTED 3
#define INSUFFICIENT_SIZE 7
#define LOST 15

#define MOST_LINES 4096
typedef struct { int gpu; char function[64]; char answer[256]; } Line;
static Line lines[MOST_LINES];
static int line_count;
static struct timespec read_at;
static char handles[64];

static void read_answers(void) {
    const char *path = getenv("NVML_ANSWERS");
    struct stat status;
    char text[512], gpu[16];
    FILE *file;
    if (!path || stat(path, &status) || !memcmp(&status.st_mtim, &read_at, sizeof read_at)) return;
    read_at = status.st_mtim;
    line_count = 0;
    if (!(file = fopen(path, "r"))) return;
    while (line_count < MOST_LINES && fgets(text, sizeof text, file)) {
        Line *line = &lines[line_count];
        line->answer[0] = 0;
        if (text[0] == '#' || sscanf(text, "%15s %63s %255[^\n]", gpu, line->function, line->answer) < 2) continue;
        line->gpu = gpu[0] == '*' ? -1 : atoi(gpu);
        line_count++;
    }
    fclose(file);
}

/* The answer of a function for a GPU (-1: of the machine), and whether there is one. */
static int answer(int gpu, const char *function, const char **found) {
    read_answers();
    for (int number = 0; number < line_count; number++) {
        Line *line = &lines[number];
        if ((line->gpu != -1 && line->gpu != gpu) || strcmp(line->function, function)) continue;
        if (!strcmp(line->answer, "hang")) for (;;) pause();
        if (!strncmp(line->answer, "error ", 6)) return atoi(line->answer + 6);
        *found = line->answer;
        return SUCCESS;
    }
    return NOT_SUPPORTED;
}

static int of(void *handle) { return (int)((char *)handle - handles); }

static int number(int gpu, const char *function, unsigned long long *value) {
    const char *text;
    int failed = answer(gpu, function, &text);
    if (!failed) *value = strtoull(text, NULL, 0);
    return failed;
}

static int small_number(int gpu, const char *function, unsigned int *value) {
    unsigned long long large;
    int failed = number(gpu, function, &large);
    if (!failed) *value = (unsigned int)large;
    return failed;
}

static int words(int gpu, const char *function, char *to, unsigned int size) {
    const char *text;
    int failed = answer(gpu, function, &text);
    if (!failed) snprintf(to, size, "%s", text);
    return failed;
}

int nvmlInitWithFlags(unsigned int flags) {
    const char *text;
    int failed = answer(-1, "nvmlInit", &text);
    (void)flags;
    return failed == NOT_SUPPORTED ? SUCCESS : failed;
}
int nvmlShutdown(void) { return SUCCESS; }
const char *nvmlErrorString(int error) { return error == LOST ? "GPU is lost" : "stand-in error"; }
int nvmlSystemGetDriverVersion(char *to, unsigned int size) { return words(-1, "nvmlSystemGetDriverVersion", to, size); }
int nvmlSystemGetCudaDriverVersion_v2(int *to) { return small_number(-1, "nvmlSystemGetCudaDriverVersion", (unsigned int *)to); }
int nvmlDeviceGetCount_v2(unsigned int *to) { return small_number(-1, "nvmlDeviceGetCount", to); }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **handle) {
    const char *text;
    int failed = answer((int)index, "nvmlDeviceGetHandleByIndex", &text);
    *handle = handles + index;
    return failed == NOT_SUPPORTED ? SUCCESS : failed;
}
int nvmlDeviceGetName(void *gpu, char *to, unsigned int size) { return words(of(gpu), "nvmlDeviceGetName", to, size); }
int nvmlDeviceGetUUID(void *gpu, char *to, unsigned int size) { return words(of(gpu), "nvmlDeviceGetUUID", to, size); }

#define NUMBER(name) int name(void *gpu, unsigned int *to) { return small_number(of(gpu), #name, to); }
#define LARGE(name) int name(void *gpu, unsigned long long *to) { return number(of(gpu), #name, to); }
NUMBER(nvmlDeviceGetMinorNumber)
NUMBER(nvmlDeviceGetPowerUsage)
NUMBER(nvmlDeviceGetEnforcedPowerLimit)
NUMBER(nvmlDeviceGetFanSpeed)
NUMBER(nvmlDeviceGetCurrPcieLinkGeneration)
NUMBER(nvmlDeviceGetCurrPcieLinkWidth)
LARGE(nvmlDeviceGetCurrentClocksThrottleReasons)
LARGE(nvmlDeviceGetTotalEnergyConsumption)

int nvmlDeviceGetTemperature(void *gpu, int sensor, unsigned int *to) {
    (void)sensor;
    return small_number(of(gpu), "nvmlDeviceGetTemperature", to);
}
int nvmlDeviceGetClockInfo(void *gpu, int clock, unsigned int *to) {
    return small_number(of(gpu), clock == 2 ? "nvmlDeviceGetClockInfo(memory)" : "nvmlDeviceGetClockInfo(sm)", to);
}
int nvmlDeviceGetTotalEccErrors(void *gpu, int kind, int counter, unsigned long long *to) {
    (void)counter;
    return number(of(gpu), kind ? "nvmlDeviceGetTotalEccErrors(uncorrected)" : "nvmlDeviceGetTotalEccErrors(corrected)", to);
}
int nvmlDeviceGetMemoryInfo(void *gpu, unsigned long long *to) { /* total, free, used; the line has total and used */
    const char *text;
    int failed = answer(of(gpu), "nvmlDeviceGetMemoryInfo", &text);
    if (failed) return failed;
    sscanf(text, "%llu %llu", &to[0], &to[2]);
    to[1] = to[0] - to[2];
    return SUCCESS;
}
int nvmlDeviceGetUtilizationRates(void *gpu, unsigned int *to) {
    const char *text;
    int failed = answer(of(gpu), "nvmlDeviceGetUtilizationRates", &text);
    if (!failed) sscanf(text, "%u %u", &to[0], &to[1]);
    return failed;
}

/* Processes stand in the line as pid:bytes:percent, with a space between two. */
typedef struct { unsigned int pid; unsigned long long bytes; unsigned int instance, compute; } Process;
typedef struct { unsigned int pid; unsigned long long at_us; unsigned int sm, memory, encoder, decoder; } Busy;
static int processes(int gpu, unsigned int *room, Process *list, Busy *busy) {
    const char *text;
    unsigned int count = 0, pid, percent;
    unsigned long long bytes;
    int length, failed = answer(gpu, "processes", &text);
    if (failed) return failed;
    for (; sscanf(text, "%u:%llu:%u%n", &pid, &bytes, &percent, &length) == 3; text += length, count++) {
        if (list && count < *room) list[count] = (Process){pid, bytes, 0, 0};
        if (busy && count < *room) busy[count] = (Busy){pid, 1, percent, 0, 0, 0};
    }
    failed = count && ((!list && !busy) || count > *room) ? INSUFFICIENT_SIZE : SUCCESS;
    *room = count;
    return failed;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *gpu, unsigned int *room, Process *list) {
    return processes(of(gpu), room, list, NULL);
}
int nvmlDeviceGetProcessUtilization(void *gpu, Busy *list, unsigned int *room, unsigned long long since) {
    (void)since;
    return processes(of(gpu), room, NULL, list);
}
