/* Linear regression by gradient descent, in plain C: cc train.c -lm

   The one argument names the file for the truth: what was printed, in the same spelling. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 256, FEATURES = 4, EPOCHS = 5, BATCH = 32, STEPS = ROWS / BATCH };

static double inputs[ROWS][FEATURES], targets[ROWS], weights[FEATURES];

static double uniform(void) { return 2.0 * rand() / RAND_MAX - 1; }

static void make_data(void) {
    for (int row = 0; row < ROWS; row++) {
        targets[row] = 0.05 * uniform();
        for (int i = 0; i < FEATURES; i++) {
            inputs[row][i] = uniform();
            targets[row] += (i - 1.5) * inputs[row][i];
        }
    }
}

/* One step on the rows from `first` on; the mean squared error before it, and the norm of the gradient. */
static double step(int first, double rate, double *norm) {
    double gradient[FEATURES] = {0}, loss = 0;
    for (int row = first; row < first + BATCH; row++) {
        double error = -targets[row];
        for (int i = 0; i < FEATURES; i++) error += weights[i] * inputs[row][i];
        for (int i = 0; i < FEATURES; i++) gradient[i] += 2 * error * inputs[row][i] / BATCH;
        loss += error * error / BATCH;
    }
    *norm = 0;
    for (int i = 0; i < FEATURES; i++) {
        weights[i] -= rate * gradient[i];
        *norm += gradient[i] * gradient[i];
    }
    *norm = sqrt(*norm);
    return loss;
}

int main(int argc, char **argv) {
    FILE *truth = argc > 1 ? fopen(argv[1], "w") : NULL;
    if (!truth) return 2;
    srand(1);
    make_data();
    printf("Training on %d rows with %d features, batch size %d\n", ROWS, FEATURES, BATCH);
    fputc('[', truth);
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        double rate = 0.3 / epoch, mean = 0, norm;
        for (int i = 0; i < STEPS; i++) {
            int number = (epoch - 1) * STEPS + i + 1;
            double loss = step(i * BATCH, rate, &norm);
            mean += loss / STEPS;
            printf("step %4d/%d | train loss %.6f | norm %.4f | lr %.2e\n", number, EPOCHS * STEPS, loss, norm, rate);
            fprintf(truth, "{\"step\": %d, \"epoch\": null, \"maybe\": {}, \"values\": ", number);
            fprintf(truth, "{\"train loss\": \"%.6f\", \"norm\": \"%.4f\", \"lr\": \"%.2e\"}}, ", loss, norm, rate);
        }
        printf("epoch %d done, mean loss: %.6f\n", epoch, mean);
        fprintf(truth, "{\"step\": null, \"epoch\": %d, \"maybe\": {}, ", epoch);
        fprintf(truth, "\"values\": {\"mean loss\": \"%.6f\"}}%s", mean, epoch < EPOCHS ? ", " : "]");
    }
    return fclose(truth);
}
