"""Our dialect on SpiffWorkflow: how a diagram becomes the library's specs.

The library keeps the tokens; it decides nothing else. Each spec here hands its question to the *host* of the run (the
workflow's `script_engine`, see `bridge.py`): evaluate a FEEL text, assign a variable, decide a table, carry out an
operation, throw a message. Timers are clockless: they record what the diagram says is due and fire only when told.

Position on the page never matters: outgoing flows are taken in the order of `bpmn:outgoing`. Message and timer start
events start like plain ones, because instances are started explicitly, with the message as their variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    EndEventParser,
    IntermediateCatchEventParser,
    IntermediateThrowEventParser,
    SendTaskParser,
    StartEventParser,
)
from SpiffWorkflow.bpmn.parser.node_parser import DEFAULT_NSMAP
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.task_parsers import GatewayParser, ScriptTaskParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import _BpmnCondition
from SpiffWorkflow.bpmn.specs.data_spec import BpmnDataSpecification, TaskDataReference
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    IntermediateCatchEvent,
    ParallelMultiInstanceTask,
    ScriptTask,
    SequentialMultiInstanceTask,
    ServiceTask,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin

from processes.engine.xml import read_xml

TIMER, MESSAGE = "timer", "message"


class ClocklessTimer(TimerEventDefinition):  # type: ignore[misc]
    """A timer that never looks at a clock: it notes its rule once and fires when `event_fired` is set."""

    def has_fired(self, my_task: Any) -> bool:
        if "rule" not in my_task.internal_data:
            my_task.internal_data["rule"] = my_task.workflow.script_engine.arm(my_task)
        return bool(my_task.internal_data.get("event_fired", False))


class OrderMessage(MessageEventDefinition):  # type: ignore[misc]
    """A message between the instances of one order: thrown to the host, which delivers it inside the command."""

    def throw(self, my_task: Any) -> None:
        my_task.workflow.script_engine.throw(my_task, self.name)

    def catch(self, my_task: Any, event: Any = None) -> None:
        my_task._set_internal_data(event_fired=True)


class Script(ScriptTask):  # type: ignore[misc]
    def _execute(self, task: Any) -> bool:
        task.workflow.script_engine.run_script(task)
        return True


class Decision(ServiceTask):  # type: ignore[misc]
    def _execute(self, task: Any) -> bool:
        task.workflow.script_engine.decide(task)
        return True


class Operation(ServiceTask):  # type: ignore[misc]
    def _execute(self, task: Any) -> bool:
        task.workflow.script_engine.operate(task)
        return True


class EventGateway(BpmnSpecMixin):  # type: ignore[misc]
    """Lets every event behind it wait; the first that comes cancels the others (`run.py`).

    The library's own takes the events over and keeps them in a form that cannot be saved.
    """


class Collection(BpmnDataSpecification):  # type: ignore[misc]
    """The list of a multi-instance task: a FEEL expression over the scope instead of a name in task data."""

    def get(self, my_task: Any, **_: Any) -> Any:
        return list(my_task.workflow.script_engine.evaluate(my_task, self.bpmn_id) or [])

    def exists(self, my_task: Any) -> bool:
        return True


class _KeepsNoData:
    """Children of a multi-instance task hand nothing up: what people enter goes to our own variables."""

    def merge_child(self, workflow: Any, child: Any) -> None:
        hold, child.data = child.data, {}
        super().merge_child(workflow, child)  # type: ignore[misc]
        child.data = hold


class ParallelInstances(_KeepsNoData, ParallelMultiInstanceTask):  # type: ignore[misc]
    pass


class SequentialInstances(_KeepsNoData, SequentialMultiInstanceTask):  # type: ignore[misc]
    pass


class _Dialect:
    """Mixed into every task parser: drawing order, and multi-instance in Camunda's attributes."""

    def get_position(self, node: Any = None) -> dict[str, float]:
        return {"x": 0.0, "y": 0.0}

    def _add_multiinstance_task(self, loop: Any) -> None:
        me: Any = self
        collection = me.attribute("collection", "camunda", loop)
        cardinality = me.xpath("./bpmn:multiInstanceLoopCharacteristics/bpmn:loopCardinality")
        condition = me.xpath("./bpmn:multiInstanceLoopCharacteristics/bpmn:completionCondition")
        item = me.attribute("elementVariable", "camunda", loop)
        original = me.spec.task_specs.pop(me.task.name)
        cls = SequentialInstances if loop.get("isSequential") == "true" else ParallelInstances
        me.task = cls(
            me.spec,
            original.name,
            task_spec="",
            cardinality=cardinality[0].text if cardinality and collection is None else None,
            data_input=Collection(collection) if collection else None,
            input_item=TaskDataReference(item) if item else None,
            condition=condition[0].text if condition else None,
        )
        me._copy_task_attrs(original, loop)
        # The library connects this when the first child is created; an instance loaded from the store needs it too.
        original.completed_event.connect(me.task.merge_child)


class _Events:
    def parse_timer_event(self, event: Any) -> ClocklessTimer:
        me: Any = self
        texts = [child.text for child in event if child.tag.endswith(("timeDuration", "timeDate"))]
        return ClocklessTimer(me.node.get("id"), (texts[0] or "").strip() if texts else "")

    def parse_message_event(self, event: Any) -> OrderMessage:
        me: Any = self
        reference = event.get("messageRef")
        name = me.process_parser.parser.messages.get(reference) or reference
        return OrderMessage(name)


class _Starts(_Events):
    def get_event_definition(self, xpaths: Any) -> NoneEventDefinition:
        return NoneEventDefinition()


class _Ordered(ProcessParser):  # type: ignore[misc]
    """Outgoing flows in the order in which the source lists them."""

    def get_outgoing_sequence_flows(self, source_ref: str) -> list[Any]:
        flows: list[Any] = super().get_outgoing_sequence_flows(source_ref)
        source = self.get_node_by_id(source_ref)
        order = [(child.text or "").strip() for child in source.findall(full_tag("outgoing"))]
        return sorted(flows, key=lambda flow: order.index(flow.get("id")) if flow.get("id") in order else len(order))


def _parsers() -> dict[str, tuple[type, type]]:
    mixins: dict[str, tuple[type, ...]] = {
        full_tag("startEvent"): (_Starts, StartEventParser),
        full_tag("endEvent"): (_Events, EndEventParser),
        full_tag("boundaryEvent"): (_Events, BoundaryEventParser),
        full_tag("intermediateCatchEvent"): (_Events, IntermediateCatchEventParser),
        full_tag("intermediateThrowEvent"): (_Events, IntermediateThrowEventParser),
        full_tag("sendTask"): (_Events, SendTaskParser),
        full_tag("scriptTask"): (ScriptTaskParser,),
        full_tag("serviceTask"): (TaskParser,),
        full_tag("businessRuleTask"): (TaskParser,),
        full_tag("eventBasedGateway"): (GatewayParser,),
    }
    specs: dict[str, type] = {
        full_tag("scriptTask"): Script,
        full_tag("serviceTask"): Operation,
        full_tag("businessRuleTask"): Decision,
        full_tag("eventBasedGateway"): EventGateway,
    }
    known = {tag: pair for tag, pair in BpmnParser.PARSER_CLASSES.items() if tag not in specs}
    table = {}
    for tag in {*known, *specs}:
        parser_bases = mixins.get(tag) or (known[tag][0],)
        spec = specs.get(tag) or known[tag][1]
        table[tag] = (type(f"Jieban{parser_bases[-1].__name__}", (_Dialect, *parser_bases), {}), spec)
    return table


class DialectParser(BpmnParser):  # type: ignore[misc]
    PROCESS_PARSER_CLASS = _Ordered
    OVERRIDE_PARSER_CLASSES = _parsers()

    def __init__(self) -> None:
        super().__init__()
        self.namespaces: dict[str, str] = {**DEFAULT_NSMAP, "camunda": "http://camunda.org/schema/1.0/bpmn"}


def parse_specs(files: Mapping[str, bytes]) -> dict[str, tuple[BpmnProcessSpec, dict[str, BpmnProcessSpec]]]:
    """Process id → its spec and those of its subprocesses. `files`: file name → XML.

    Raises SpiffWorkflow's `ValidationException`; the lint has said the same before, in words for process owners.
    """
    parser = DialectParser()
    for name, data in files.items():
        parser.add_bpmn_xml(etree.ElementTree(read_xml(data, where=name)), filename=name)
    return {
        process: (parser.get_spec(process), parser.get_subprocess_specs(process))
        for process in list(parser.get_process_ids())
    }


def expression_texts(spec: BpmnProcessSpec) -> list[tuple[str, str]]:
    """(element, text) of the expressions that the library asks for by text: conditions and loops."""
    texts: list[tuple[str, str]] = []
    for task_spec in spec.task_specs.values():
        for condition, _ in getattr(task_spec, "cond_task_specs", ()):
            if isinstance(condition, _BpmnCondition):
                texts.append((task_spec.name, condition.args[0]))
        for name in ("condition", "cardinality"):
            text = getattr(task_spec, name, None)
            if isinstance(text, str):
                texts.append((task_spec.name, text))
        if isinstance(getattr(task_spec, "data_input", None), Collection):
            texts.append((task_spec.name, task_spec.data_input.bpmn_id))
    return texts


def is_timer(task_spec: Any) -> bool:
    return isinstance(getattr(task_spec, "event_definition", None), ClocklessTimer)


def is_message_catch(task_spec: Any) -> bool:
    return isinstance(task_spec, BoundaryEvent | IntermediateCatchEvent) and isinstance(
        task_spec.event_definition, OrderMessage
    )
