// Finds the minimum of (w - 3)^2. The one argument names the file for the truth: step, name and value, line by line.

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

class Train {
    static final Path METRICS = Path.of(System.getenv().getOrDefault("WANDB_METRICS_FILE", "/dev/null"));

    static void log(String line) throws IOException {
        Files.writeString(METRICS, line + "\n", StandardOpenOption.APPEND);
    }

    public static void main(String[] arguments) throws IOException {
        double w = 0, lr = 0.1, loss = 0, before = 0;
        StringBuilder truth = new StringBuilder();
        log("{\"$config\": {\"lr\": " + lr + ", \"optimizer\": {\"name\": \"sgd\"}}}");
        for (int step = 0; step < 12; step++) {
            double gradient = 2 * (w - 3), ratio = ((w - 3) * (w - 3)) / before; // Infinity at first
            loss = (w - 3) * (w - 3);
            int epoch = 1 + step / 4;
            log("loss=" + loss + " gradient=" + gradient + " ratio=" + ratio + " step=" + (step + 1) + " epoch=" + epoch);
            for (String line : new String[] {"loss " + loss, "gradient " + gradient, "ratio " + ratio, "epoch " + epoch})
                truth.append(step + 1).append(' ').append(line).append('\n');
            w = step == 8 ? 3 : w - lr * gradient;
            before = loss;
        }
        log("{\"$summary\": {\"best\": " + loss + "}}");
        Files.writeString(Path.of(arguments[0]), truth + "0 best " + loss + "\n");
    }
}
