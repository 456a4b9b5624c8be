import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.flowable.common.engine.impl.history.HistoryLevel;
import org.flowable.engine.ProcessEngine;
import org.flowable.engine.impl.cfg.StandaloneProcessEngineConfiguration;

/** Flowable embedded: one step is one call of its task service, which is one transaction. See Steps. */
public final class Peer implements Steps.Engine {
    private final ProcessEngine engine;

    private Peer(HikariDataSource source) {
        var configuration = new StandaloneProcessEngineConfiguration();
        configuration.setDataSource(source);
        configuration.setDatabaseSchemaUpdate("true");
        configuration.setHistoryLevel(HistoryLevel.FULL);
        configuration.setAsyncExecutorActivate(false);
        engine = configuration.buildProcessEngine();
    }

    public static void main(String[] arguments) throws Exception {
        Steps.run(arguments, "Flowable " + ProcessEngine.VERSION, Peer::new);
    }

    @Override
    public void deploy(Path diagram) throws Exception {
        engine.getRepositoryService().createDeployment()
            .addString("main.bpmn20.xml", Files.readString(diagram)).deploy();
    }

    @Override
    public String start(Map<String, Object> values) {
        return engine.getRuntimeService().startProcessInstanceByKey("main", values).getId();
    }

    @Override
    public String task(String instance, String element) {
        return engine.getTaskService().createTaskQuery()
            .processInstanceId(instance).taskDefinitionKey(element).singleResult().getId();
    }

    @Override
    public void complete(String task, Map<String, Object> values) {
        engine.getTaskService().complete(task, values);
    }
}
