"""How the diagram reads: names, labels at gateway exits, shapes on the page. Warnings only."""

from __future__ import annotations

from collections.abc import Iterator

from processes.engine.lint.model import BPMNDI, Diagram
from processes.engine.lint.registry import Finding, Subject, rule


@rule("missing-name", "warning")
def missing_name(diagram: Diagram) -> Iterator[Finding]:
    subjects: list[Subject] = [*diagram.processes]
    subjects += diagram.tagged("userTask", "subProcess", "transaction", "callActivity")
    for subject in subjects:
        if not subject.name:
            yield Finding(
                subject,
                "没有名称，经办人会看到编号。请写上中文名称。",
                "It has no name, so people would see its id. Give it one.",
            )


@rule("unlabelled-exit", "warning")
def unlabelled_exit(diagram: Diagram) -> Iterator[Finding]:
    for gateway in diagram.tagged("exclusiveGateway", "inclusiveGateway"):
        if len(gateway.outgoing) > 1:
            for flow in gateway.outgoing:
                if not flow.name:
                    yield Finding(
                        flow,
                        f"网关 {gateway.id} 的这个出口没有标注。请写明何时走这条路。",
                        f"This exit of the gateway {gateway.id} has no label. Say when it is taken.",
                    )


@rule("no-shape", "warning")
def no_shape(diagram: Diagram) -> Iterator[Finding]:
    drawn = {xml.get("bpmnElement") for xml in diagram.root.iter(f"{BPMNDI}BPMNShape", f"{BPMNDI}BPMNEdge")}
    if not drawn:
        for process in diagram.processes:
            yield Finding(
                process,
                "文件只有流程，没有图面。请在建模器中画出并保存。",
                "The file holds the process but no drawing. Draw it in the modeler.",
            )
        return
    subjects: list[Subject] = [*diagram.nodes, *diagram.flows]
    for subject in subjects:
        if subject.id not in drawn:
            yield Finding(
                subject,
                "图上没有画出该元素，审计时无法在图中定位。请在建模器中重新画出并保存。",
                "It has no shape on the page, so nobody sees it in the diagram. Draw it in the modeler.",
            )
