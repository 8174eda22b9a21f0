# Finds the minimum of (w - 3)^2. The one argument names the file for the truth: step, name and value, line by line.
use strict;
use warnings;
use IO::Handle;

open my $metrics, '>>', $ENV{WANDB_METRICS_FILE} // '/dev/null' or die "the metrics file: $!";
open my $truth, '>', $ARGV[0] or die "the truth: $!";
$metrics->autoflush(1);    # each line at once, and whole

my ($w, $lr, $loss) = (0, 0.1);
print $metrics qq({"\$config": {"lr": $lr, "optimizer": {"name": "sgd"}}}\n);
for my $step (0 .. 11) {
    my $gradient = 2 * ($w - 3);
    my $epoch    = 1 + int($step / 4);
    my $limit    = $step ? 9**9**9 : -sin(9**9**9);    # Inf, and at first NaN
    $loss = ($w - 3)**2;
    print $metrics qq({"loss": $loss, "gradient": $gradient, "limit": $limit, "epoch": $epoch}\n);
    print $truth "$step loss $loss\n$step gradient $gradient\n$step limit $limit\n$step epoch $epoch\n";
    $w -= $lr * $gradient;
}
print $metrics qq({"\$summary": {"best": $loss}}\n);
print $truth "0 best $loss\n";
