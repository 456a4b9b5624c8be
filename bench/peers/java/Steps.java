import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The measurement that every embedded engine goes through, the same as bench/steps.py does with ours.
 *
 * Arguments: JDBC URL, diagram, rounds to warm up, rounds to measure. A round is a new instance and its steps; only the
 * steps are timed, each with its task's id looked up before. Prints one JSON object: engine, milliseconds of every step,
 * SQL statements and writing transactions of a step as PostgreSQL counted them. At the end the rework must be open.
 */
final class Steps {
    interface Engine {
        void deploy(Path diagram) throws Exception;
        String start(Map<String, Object> values);
        String task(String instance, String element);
        void complete(String task, Map<String, Object> values);
    }

    interface Maker {
        Engine on(HikariDataSource source);
    }

    private record Step(String element, Map<String, Object> values) {}

    private static final List<Step> STEPS = List.of(
        new Step("accept", Map.of("decision", "accept")),
        new Step("dispatch", Map.of("lead_unit", "housing")),
        new Step("sign_for", Map.of()),
        new Step("handle", Map.of("result_text", "done")),
        new Step("review", Map.of("decision", "rework")));
    private static final Map<String, Object> REQUEST = Map.of(
        "request_type", "complaint", "title", "积水", "content", "车库积水", "phone", "13800138000");

    static void run(String[] arguments, String name, Maker maker) throws Exception {
        var source = new HikariDataSource();
        source.setJdbcUrl(arguments[0]);
        source.setMaximumPoolSize(4);
        try (source) {
            Engine engine = maker.on(source);
            engine.deploy(Path.of(arguments[1]));
            round(engine, Integer.parseInt(arguments[2]), null);
            var times = new ArrayList<Double>();
            round(engine, Integer.parseInt(arguments[3]), times);
            System.out.println(result(name, times, counted(source, engine)));
        }
        System.exit(0);
    }

    private static void round(Engine engine, int rounds, List<Double> times) {
        for (int round = 0; round < rounds; round++) {
            String instance = engine.start(REQUEST);
            for (Step step : STEPS) {
                String task = engine.task(instance, step.element());
                long begun = System.nanoTime();
                engine.complete(task, step.values());
                if (times != null) {
                    times.add((System.nanoTime() - begun) / 1e6);
                }
            }
        }
    }

    private static final String STATEMENTS = "select coalesce(sum(calls), 0) from pg_stat_statements "
        + "where query !~* '^(begin|commit|rollback|set|show)' and query !~* 'pg_stat|txid_'";
    private static final String TRANSACTIONS = "select txid_snapshot_xmax(txid_current_snapshot())";

    /** Statements and writing transactions of each step of one more round. */
    private static List<long[]> counted(HikariDataSource source, Engine engine) throws Exception {
        var counts = new ArrayList<long[]>();
        String instance = engine.start(REQUEST);
        for (Step step : STEPS) {
            String task = engine.task(instance, step.element());
            asked(source, "select 1 from (select pg_stat_statements_reset()) r");
            long before = asked(source, TRANSACTIONS);
            engine.complete(task, step.values());
            long statements = asked(source, STATEMENTS);
            counts.add(new long[] {statements, asked(source, TRANSACTIONS) - before});
        }
        engine.task(instance, "rework");
        return counts;
    }

    private static long asked(HikariDataSource source, String query) throws Exception {
        try (var connection = source.getConnection(); var statement = connection.createStatement();
             var found = statement.executeQuery(query)) {
            found.next();
            return found.getLong(1);
        }
    }

    private static String result(String name, List<Double> times, List<long[]> counts) {
        var steps = new StringBuilder();
        for (int i = 0; i < STEPS.size(); i++) {
            steps.append(i == 0 ? "" : ", ").append("{\"step\": \"%s\", \"statements\": %d, \"commits\": %d}"
                .formatted(STEPS.get(i).element(), counts.get(i)[0], counts.get(i)[1]));
        }
        return "{\"engine\": \"%s\", \"times_ms\": %s, \"steps\": [%s]}".formatted(name, times, steps);
    }
}
