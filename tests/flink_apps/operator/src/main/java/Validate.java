import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.kubernetes.operator.api.FlinkDeployment;
import org.apache.flink.kubernetes.operator.config.FlinkConfigManager;
import org.apache.flink.kubernetes.operator.validation.DefaultValidator;
import io.fabric8.kubernetes.client.utils.Serialization;

/** Reads a FlinkDeployment; says what the operator says of it, "valid" if that is nothing. */
public class Validate {
  public static void main(String[] args) throws Exception {
    String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    FlinkDeployment deployment = Serialization.unmarshal(text, FlinkDeployment.class);
    Optional<String> problem = new DefaultValidator(new FlinkConfigManager(new Configuration())).validateDeployment(deployment);
    System.out.println(problem.orElse("valid"));
    System.exit(0);  // the operator's threads do not end by themselves
  }
}
