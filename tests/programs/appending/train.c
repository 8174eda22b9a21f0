/* Finds the minimum of (w - 3)^2. The one argument names the file for the truth: step, name and value, line by line. */

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    const char *path = getenv("WANDB_METRICS_FILE");
    FILE *metrics = fopen(path ? path : "/dev/null", "a");
    FILE *truth = argc > 1 ? fopen(argv[1], "w") : NULL;
    if (!metrics || !truth) return 2;
    setvbuf(metrics, NULL, _IOLBF, 0); /* each line at once, and whole */

    double w = 0, lr = 0.1, loss = 0, before = 0;
    fprintf(metrics, "{\"$config\": {\"lr\": %g, \"optimizer\": {\"name\": \"sgd\"}}}\n", lr);
    for (int step = 0; step < 12; step++) {
        double gradient = 2 * (w - 3);
        loss = (w - 3) * (w - 3);
        double ratio = loss / before; /* inf at first, and nan once both are 0 */
        int epoch = 1 + step / 4;
        fprintf(metrics, "{\"loss\": %.17g, \"gradient\": %g, \"ratio\": %g, \"_step\": %d, \"epoch\": %d}\n",
                loss, gradient, ratio, 10 * step, epoch);
        fprintf(truth, "%d loss %.17g\n%d gradient %g\n%d ratio %g\n%d epoch %d\n",
                10 * step, loss, 10 * step, gradient, 10 * step, ratio, 10 * step, epoch);
        w = step == 8 ? 3 : w - lr * gradient;
        before = loss;
    }
    fprintf(metrics, "{\"$summary\": {\"best\": %.17g}}\n", loss);
    fprintf(truth, "0 best %.17g\n", loss);
    return fclose(metrics) || fclose(truth);
}
