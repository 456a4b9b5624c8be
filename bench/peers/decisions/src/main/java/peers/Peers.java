package peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.camunda.bpm.dmn.engine.DmnDecision;
import org.camunda.bpm.dmn.engine.DmnEngine;
import org.camunda.bpm.dmn.engine.DmnEngineConfiguration;
import org.camunda.feel.api.FeelEngineApi;
import org.camunda.feel.api.FeelEngineBuilder;
import org.camunda.feel.api.ParseResult;
import org.kie.api.io.Resource;
import org.kie.dmn.api.core.DMNContext;
import org.kie.dmn.api.core.DMNModel;
import org.kie.dmn.api.core.DMNRuntime;
import org.kie.dmn.core.internal.utils.DMNRuntimeBuilder;
import org.kie.dmn.feel.FEEL;
import org.kie.dmn.feel.lang.CompiledExpression;
import org.kie.dmn.feel.lang.CompilerContext;
import org.kie.dmn.feel.lang.types.BuiltInType;
import org.kie.internal.io.ResourceFactory;

/**
 * Reads cases from standard input as JSON, {"expressions": {name: {"text", "context"}}, "tables": {name: {"xml",
 * "context"}}}, compiles each once in every engine, warms it up, and prints a line of JSON for each: {"case",
 * "engine", "value", "microseconds": [one mean per round]}, or "error" in place of the last two.
 */
public final class Peers {
    private static final int ROUNDS = 9;
    private static final long NANOS_OF_ROUND = 150_000_000L;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static Object sink;

    private Peers() {}

    public static void main(String[] arguments) throws Exception {
        long warm = (long) (Double.parseDouble(arguments[0]) * 1e9);
        JsonNode cases = JSON.readTree(System.in);
        for (var field : (Iterable<Map.Entry<String, JsonNode>>) cases.get("expressions")::fields) {
            String text = field.getValue().get("text").asText();
            Map<String, Object> context = context(field.getValue());
            report(field.getKey(), "Camunda feel-scala", warm, () -> feelScala(text, context));
            report(field.getKey(), "Drools", warm, () -> drools(text, context));
        }
        for (var field : (Iterable<Map.Entry<String, JsonNode>>) cases.get("tables")::fields) {
            String xml = field.getValue().get("xml").asText();
            Map<String, Object> context = context(field.getValue());
            report(field.getKey(), "Camunda DMN", warm, () -> camundaTable(xml, context));
            report(field.getKey(), "Drools", warm, () -> droolsTable(xml, context));
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> context(JsonNode said) {
        return JSON.convertValue(said.get("context"), LinkedHashMap.class);
    }

    private static Callable<Object> feelScala(String text, Map<String, Object> context) {
        FeelEngineApi engine = FeelEngineBuilder.forJava().build();
        ParseResult parsed = engine.parseExpression(text);
        return () -> engine.evaluate(parsed.parsedExpression(), context).result();
    }

    private static Callable<Object> drools(String text, Map<String, Object> context) {
        FEEL feel = FEEL.newInstance();
        CompilerContext names = feel.newCompilerContext();
        context.keySet().forEach(name -> names.addInputVariableType(name, BuiltInType.UNKNOWN));
        CompiledExpression compiled = feel.compile(text, names);
        return () -> feel.evaluate(compiled, context);
    }

    private static Callable<Object> camundaTable(String xml, Map<String, Object> context) {
        DmnEngine engine = DmnEngineConfiguration.createDefaultDmnEngineConfiguration().buildEngine();
        DmnDecision table = engine.parseDecision("t", new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
        return () -> engine.evaluateDecisionTable(table, context).getSingleEntry();
    }

    private static Callable<Object> droolsTable(String xml, Map<String, Object> context) {
        Resource resource = ResourceFactory.newReaderResource(new StringReader(xml));
        DMNRuntime runtime = DMNRuntimeBuilder.fromDefaults().buildConfiguration()
                .fromResources(List.of(resource)).getOrElseThrow(IllegalStateException::new);
        DMNModel model = runtime.getModels().get(0);
        return () -> {
            DMNContext facts = runtime.newContext();
            context.forEach(facts::set);
            return runtime.evaluateByName(model, facts, "t").getDecisionResultByName("t").getResult();
        };
    }

    private static void report(String name, String engine, long warm, Callable<Callable<Object>> prepare)
            throws Exception {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("case", name);
        said.put("engine", engine);
        try {
            Callable<Object> run = prepare.call();
            said.put("value", run.call());
            long calls = 0;
            for (long end = System.nanoTime() + warm; System.nanoTime() < end; calls++) {
                sink = run.call();
            }
            int batch = (int) Math.max(20, calls * NANOS_OF_ROUND / warm);
            List<Double> rounds = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                long begun = System.nanoTime();
                for (int turn = 0; turn < batch; turn++) {
                    sink = run.call();
                }
                rounds.add((System.nanoTime() - begun) / 1e3 / batch);
            }
            said.put("microseconds", rounds);
        } catch (Exception error) {
            said.put("error", error.toString());
        }
        System.out.println(JSON.writeValueAsString(said));
    }
}
