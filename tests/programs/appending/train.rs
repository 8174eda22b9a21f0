// Finds the minimum of (w - 3)^2. The one argument names the file for the truth: step, name and value, line by line.

use std::fs::{File, OpenOptions};
use std::io::{Result, Write};

fn main() -> Result<()> {
    let path = std::env::var_os("WANDB_METRICS_FILE").unwrap_or("/dev/null".into());
    let mut metrics = OpenOptions::new().append(true).open(path)?;
    let mut truth = File::create(std::env::args_os().nth(1).expect("the file for the truth"))?;
    // In one write, so that a line stays whole beside those of other processes; writeln! would make several.
    let mut log = |line: String| metrics.write_all((line + "\n").as_bytes());

    let (mut w, lr, mut loss, mut before) = (0.0_f64, 0.1, 0.0_f64, 0.0);
    log(format!("{{\"$config\": {{\"lr\": {lr}, \"optimizer\": {{\"name\": \"sgd\"}}}}}}"))?;
    for step in 0..12 {
        let gradient = 2.0 * (w - 3.0);
        loss = (w - 3.0) * (w - 3.0);
        let ratio = loss / before; // inf at first, and NaN once both are 0
        let epoch = 1 + step / 4;
        log(format!("{{\"loss\": {loss}, \"gradient\": {gradient:e}, \"ratio\": {ratio}, \"epoch\": {epoch}}}"))?;
        writeln!(truth, "{step} loss {loss}\n{step} gradient {gradient:e}\n{step} ratio {ratio}\n{step} epoch {epoch}")?;
        w = if step == 8 { 3.0 } else { w - lr * gradient };
        before = loss;
    }
    log(format!("{{\"$summary\": {{\"best\": {loss}}}}}"))?;
    writeln!(truth, "0 best {loss}")
}
