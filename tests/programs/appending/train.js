// Finds the minimum of (w - 3)^2. The one argument names the file for the truth: step, name and value, line by line.

const fs = require("fs");

const metrics = process.env.WANDB_METRICS_FILE || "/dev/null";
const log = (values) => fs.appendFileSync(metrics, JSON.stringify(values) + "\n");

async function train(truth) {
  const lr = 0.1;
  let w = 0;
  let loss;
  log({ $config: { lr, optimizer: { name: "sgd" } } });
  for (let step = 0; step < 12; step++) {
    await new Promise(setImmediate);
    const gradient = 2 * (w - 3);
    loss = (w - 3) ** 2;
    const epoch = 1 + Math.floor(step / 4);
    // JSON has no NaN: JavaScript writes null, which is no value.
    log({ loss, inner: { gradient }, nothing: NaN, epoch, _timestamp: 1780000000 + step });
    truth.write(`${step} loss ${loss}\n${step} inner.gradient ${gradient}\n${step} epoch ${epoch}\n`);
    w -= lr * gradient;
  }
  log({ $summary: { best: loss } });
  truth.end(`0 best ${loss}\n`);
}

train(fs.createWriteStream(process.argv[2]));
