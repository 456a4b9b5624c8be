import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.operaton.bpm.engine.ProcessEngine;
import org.operaton.bpm.engine.ProcessEngineConfiguration;
import org.operaton.bpm.engine.impl.cfg.StandaloneProcessEngineConfiguration;

/** Operaton embedded: one step is one call of its task service, which is one transaction. See Steps. */
public final class Peer implements Steps.Engine {
    private final ProcessEngine engine;

    private Peer(HikariDataSource source) {
        var configuration = new StandaloneProcessEngineConfiguration();
        configuration.setDataSource(source);
        configuration.setDatabaseSchemaUpdate("true");
        configuration.setHistory(ProcessEngineConfiguration.HISTORY_FULL);
        configuration.setJobExecutorActivate(false);
        configuration.setHistoryTimeToLive("P3650D");
        engine = configuration.buildProcessEngine();
    }

    public static void main(String[] arguments) throws Exception {
        Steps.run(arguments, "Operaton " + ProcessEngine.class.getPackage().getImplementationVersion(), Peer::new);
    }

    @Override
    public void deploy(Path diagram) throws Exception {
        engine.getRepositoryService().createDeployment()
            .addString("main.bpmn", Files.readString(diagram)).deploy();
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
