"""What Slurm says in the environment, as part.json keeps it. Only what is named here: others may be secrets."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TEXT = 1000  # The nodes of a large job are a long list.
MOST_DIGITS = 15
NUMBERS = (
    "job_id job_uid restart_count step_id procid localid nodeid ntasks step_num_tasks step_num_nodes job_num_nodes"
    " nnodes cpus_on_node cpus_per_task mem_per_node mem_per_cpu mem_per_gpu gpus_on_node"
    " array_job_id array_task_id array_task_count array_task_min array_task_max array_task_step"
    " het_size job_start_time job_end_time"
).split()
TEXTS = (
    "cluster_name job_name job_user job_partition job_account job_qos job_reservation job_dependency job_nodelist"
    " job_cpus_per_node tasks_per_node step_nodelist step_tasks_per_node gtids submit_dir submit_host"
    " conf gpus gpus_per_node gpus_per_task job_gpus step_gpus constraints distribution"
).split()


def slurm_facts(variables: Mapping[str, str], problems: list[str]) -> dict[str, int | str] | None:
    """Names as Slurm has them, small and without SLURM_; None outside Slurm. What makes no sense is a problem."""
    if "SLURM_JOB_ID" not in variables:
        return None
    facts: dict[str, int | str] = {}
    for name in NUMBERS:
        text = variables.get(variable_of(name), "")
        if 0 < len(text) <= MOST_DIGITS and text.isascii() and text.isdigit():
            facts[name] = int(text)
        elif text:
            problems.append(f"{variable_of(name)} {says(text)}, which is no number; it is ignored")
    for name in TEXTS:
        text = variables.get(variable_of(name), "")
        if len(text) > LONGEST_TEXT:
            facts[name] = text[:LONGEST_TEXT] + "…"
        elif text:
            facts[name] = text
    if node := variables.get("SLURMD_NODENAME"):
        facts["node"] = node[:LONGEST_TEXT]
    return facts


def variable_of(name: str) -> str:
    return f"SLURM_{name.upper()}"


def says(text: str) -> str:
    """What stands in a variable, short and harmless."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[:40])
    return f'is "{shown}"'
