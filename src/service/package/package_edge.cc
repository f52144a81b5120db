#include "service/package/package_edge.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "service/package/aws_front.h"
#include "service/package/certificate_authority.h"
#include "service/package/trust_store.h"

namespace sluice::service {
namespace {

// Loopback addresses that hardly anybody else takes: each service on a machine has its own port 443.
constexpr const char* kFrontNetwork = "127.83.76";
constexpr int kFrontAddresses = 250;
constexpr const char* kTrustPassword = "changeit";  // as of every Java's own store; nothing in it is secret

// What stand-ins write into the ARNs of their answers (kinesis-mock and LocalStack, moto): clients that describe a
// stream by its name go on with that.
constexpr const char* kStandInAccounts[] = {"000000000000", "123456789012"};

constexpr const char* kMachineBundle = "/etc/ssl/certs/ca-certificates.crt";
// Where Java keeps what it trusts, on Debian and on the real service: packages name the latter in their properties.
constexpr const char* kJavaStores[] = {"/etc/ssl/certs/java/cacerts",
                                       "/usr/lib/jvm/java-11-amazon-corretto/lib/security/cacerts"};

/// Of the service's own identity and of how AWS's clients find another: the SDKs would take them before the execution
/// role's.
constexpr const char* kHidden[] = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "IS_LOCAL",  // makes Python programs read a file of the developer's instead of their runtime properties
};

std::string MachineHosts() {
  auto hosts = ReadFile("/etc/hosts");
  std::string out = hosts.ok() ? *hosts : "";
  // A Java that is given a hosts file asks nobody else.
  if (out.find("localhost") == std::string::npos) out += "\n127.0.0.1 localhost\n";
  char name[256] = "";
  if (gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' && out.find(name) == std::string::npos) {
    out += fmt::format("\n127.0.0.1 {}\n", name);
  }
  return out;
}

bool FolderExists(const std::string& path) {
  std::error_code ec;
  return std::filesystem::is_directory(path, ec);
}

}  // namespace

PackageEdge::PackageEdge(PackageEdgeOptions options, Logger logger)
    : options_(std::move(options)), logger_(logger.For("package")), own_folder_(options_.data_folder + "/package") {}

PackageEdge::~PackageEdge() { Stop(); }

void PackageEdge::Stop() {
  if (credentials_) credentials_->Stop();
  if (front_) front_->Stop();
}

Result<std::unique_ptr<PackageEdge>> PackageEdge::Start(PackageEdgeOptions options, net::CredentialsProvider& own,
                                                        CredentialsEndpoint::RoleOf role_of, const TokenSigner& tokens,
                                                        const Clock& clock, Logger logger) {
  std::unique_ptr<PackageEdge> edge(new PackageEdge(std::move(options), logger));
  const PackageEdgeOptions& given = edge->options_;
  SLUICE_RETURN_IF_ERROR(MakeFolders(edge->own_folder_));
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(edge->own_folder_ + "/no_profiles", ""));
  CredentialsEndpointOptions credentials{edge->own_folder_ + "/credentials.port", given.assume_roles,
                                         given.environment};
  SLUICE_ASSIGN_OR_RETURN(edge->credentials_, CredentialsEndpoint::Start(std::move(credentials), own,
                                                                         std::move(role_of), tokens, clock, logger));
  if (given.redirect_aws) SLUICE_RETURN_IF_ERROR(edge->StartFront(clock.NowMs()));
  return edge;
}

Status PackageEdge::StartFront(int64_t now_ms) {
  SLUICE_ASSIGN_OR_RETURN(endpoints_, EndpointsFromEnvironment(options_.environment));
  if (endpoints_.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "AWS's hosts cannot be redirected: no endpoint is configured; set AWS_ENDPOINT_URL, or "
                 "AWS_ENDPOINT_URL_KINESIS and the like");
  }
  SLUICE_ASSIGN_OR_RETURN(CertificateAuthority authority, CertificateAuthority::Open(own_folder_, now_ms));
  SLUICE_RETURN_IF_ERROR(WriteTrust(authority.certificate()));
  AwsFrontOptions front;
  front.port = options_.front_port;
  front.endpoints = endpoints_;
  front.ca_file = options_.environment("AWS_CA_BUNDLE");
  // Processes that outlive a service look for the next one where the last was.
  const std::string address_file = own_folder_ + "/front.address";
  auto last = ReadFile(address_file);
  Status why;
  for (int i = last.ok() ? 0 : 1; i <= kFrontAddresses && !front_; ++i) {
    front.address = i == 0 ? last->substr(0, last->find('\n')) : fmt::format("{}.{}", kFrontNetwork, i);
    auto started = AwsFront::Start(front, authority, logger_);
    if (!started.ok()) {
      if (i == 0 || why.ok()) why = started.error();
      continue;
    }
    front_ = std::move(*started);
  }
  if (!front_) return why;
  front_address_ = front.address;
  logger_.Info("AWS's hosts are redirected", {{"address", front_address_}, {"services", endpoints_.size()}});
  return WriteFileAtomically(address_file, front_address_ + "\n");
}

Status PackageEdge::WriteTrust(const std::string& authority) {
  const std::string pem = MachineCertificates(options_.environment) + "\n" + authority;
  SLUICE_ASSIGN_OR_RETURN(const std::string store, TrustStore(pem, kTrustPassword));
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(own_folder_ + "/certificates.pem", pem));
  return WriteFileAtomically(own_folder_ + "/truststore.p12", store);
}

Result<PackageView> PackageEdge::ViewFor(const std::string& folder, const JobSpec& spec) {
  PackageView view;
  view.environment = credentials_->EnvironmentFor(spec.name);
  for (const std::string& entry :
       {"AWS_REGION=" + options_.region, "AWS_DEFAULT_REGION=" + options_.region,
        "AWS_SHARED_CREDENTIALS_FILE=" + own_folder_ + "/no_profiles",
        "AWS_CONFIG_FILE=" + own_folder_ + "/no_profiles", std::string("AWS_EC2_METADATA_DISABLED=true")}) {
    view.environment.push_back(entry);
  }
  view.launcher = options_.enter;
  if (!view.launcher.empty()) {
    view.launcher.insert(view.launcher.end(), {"--properties", folder + "/application_properties.json"});
    for (const char* name : kHidden)
      view.launcher.insert(view.launcher.end(), {std::string("--unset"), std::string(name)});
  }
  AddS3(&view);
  if (front_) SLUICE_RETURN_IF_ERROR(AddRedirection(folder, spec, &view));
  return view;
}

Status PackageEdge::AddRedirection(const std::string& folder, const JobSpec& spec, PackageView* view) const {
  HostFacts facts{{options_.region}, {options_.account}, {}};
  facts.accounts.insert(std::begin(kStandInAccounts), std::end(kStandInAccounts));
  AddHostFacts(spec.application_properties, &facts);
  AddHostFacts(spec.arn, &facts);
  AddHostFacts(spec.role, &facts);
  AddHostFacts(spec.package, &facts);
  for (const std::string& argument : spec.program_args) AddHostFacts(argument, &facts);
  const std::string hosts = folder + "/package_hosts";
  SLUICE_RETURN_IF_ERROR(
      WriteFileAtomically(hosts, HostsFile(MachineHosts(), HostsOf(endpoints_, facts), front_address_)));
  const std::string certificates = own_folder_ + "/certificates.pem";
  const std::string store = own_folder_ + "/truststore.p12";
  for (const char* name : {"AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}) {
    view->environment.push_back(fmt::format("{}={}", name, certificates));
  }
  view->jvm_options.insert(view->jvm_options.end(),
                           {"-Djavax.net.ssl.trustStore=" + store, "-Djavax.net.ssl.trustStoreType=PKCS12",
                            fmt::format("-Djavax.net.ssl.trustStorePassword={}", kTrustPassword)});
  if (view->launcher.empty()) {
    view->jvm_options.push_back("-Djdk.net.hosts.file=" + hosts);
    return {};
  }
  std::vector<std::string>& launcher = view->launcher;
  launcher.insert(launcher.end(), {"--hosts", hosts, "--show", fmt::format("{}={}", certificates, kMachineBundle)});
  for (const char* place : kJavaStores) {
    // A whole tree of folders is not made up where there is no Java at all.
    if (FolderExists("/usr/lib/jvm") || std::string_view(place).starts_with("/etc/")) {
      launcher.insert(launcher.end(), {"--show", fmt::format("{}={}", store, place)});
    }
  }
  // Clients that heed these variables speak HTTP/2 to a plain endpoint, which hardly one takes; the front does.
  for (const auto& [service, url] : endpoints_) {
    // Buckets are not all known, and their names are host names: code that heeds the variable is better off with it.
    if (service != "S3") launcher.insert(launcher.end(), {"--unset-private", "AWS_ENDPOINT_URL_" + service});
  }
  if (auto s3 = endpoints_.find("S3"); s3 != endpoints_.end()) {
    view->environment.push_back("AWS_ENDPOINT_URL_S3=" + s3->second.ToString());
  }
  launcher.insert(launcher.end(), {"--unset-private", "AWS_ENDPOINT_URL"});
  return {};
}

void PackageEdge::AddS3(PackageView* view) const {
  const std::string endpoint = net::FindEndpoint(options_.environment, "S3");
  if (endpoint.empty()) return;
  view->flink_options["s3.endpoint"] = endpoint;
  // Stand-ins have no host name for each bucket.
  view->flink_options["s3.path.style.access"] = "true";
}

}  // namespace sluice::service
