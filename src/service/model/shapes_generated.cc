// Written by generate_shapes.py from kinesisanalyticsv2.model.json; do not edit.
// clang-format off
#include "service/model/shapes.h"

namespace sluice::service {
namespace {

constexpr Member kMembersAddApplicationCloudWatchLoggingOptionRequest[] = {
    {"ApplicationName", 28, true},
    {"CloudWatchLoggingOption", 61, true},
    {"ConditionalToken", 75, false},
    {"CurrentApplicationVersionId", 45, false},
};
constexpr Member kMembersAddApplicationCloudWatchLoggingOptionResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationVersionId", 45, false},
    {"CloudWatchLoggingOptionDescriptions", 63, false},
    {"OperationId", 228, false},
};
constexpr Member kMembersAddApplicationInputProcessingConfigurationRequest[] = {
    {"ApplicationName", 28, true},
    {"CurrentApplicationVersionId", 45, true},
    {"InputId", 142, true},
    {"InputProcessingConfiguration", 158, true},
};
constexpr Member kMembersAddApplicationInputProcessingConfigurationResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationVersionId", 45, false},
    {"InputId", 142, false},
    {"InputProcessingConfigurationDescription", 159, false},
};
constexpr Member kMembersAddApplicationInputRequest[] = {
    {"ApplicationName", 28, true},
    {"CurrentApplicationVersionId", 45, true},
    {"Input", 149, true},
};
constexpr Member kMembersAddApplicationInputResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationVersionId", 45, false},
    {"InputDescriptions", 151, false},
};
constexpr Member kMembersAddApplicationOutputRequest[] = {
    {"ApplicationName", 28, true},
    {"CurrentApplicationVersionId", 45, true},
    {"Output", 230, true},
};
constexpr Member kMembersAddApplicationOutputResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationVersionId", 45, false},
    {"OutputDescriptions", 232, false},
};
constexpr Member kMembersAddApplicationReferenceDataSourceRequest[] = {
    {"ApplicationName", 28, true},
    {"CurrentApplicationVersionId", 45, true},
    {"ReferenceDataSource", 264, true},
};
constexpr Member kMembersAddApplicationReferenceDataSourceResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationVersionId", 45, false},
    {"ReferenceDataSourceDescriptions", 266, false},
};
constexpr Member kMembersAddApplicationVpcConfigurationRequest[] = {
    {"ApplicationName", 28, true},
    {"ConditionalToken", 75, false},
    {"CurrentApplicationVersionId", 45, false},
    {"VpcConfiguration", 357, true},
};
constexpr Member kMembersAddApplicationVpcConfigurationResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationVersionId", 45, false},
    {"OperationId", 228, false},
    {"VpcConfigurationDescription", 358, false},
};
constexpr Member kMembersApplicationCodeConfiguration[] = {
    {"CodeContent", 67, false},
    {"CodeContentType", 69, true},
};
constexpr Member kMembersApplicationCodeConfigurationDescription[] = {
    {"CodeContentDescription", 68, false},
    {"CodeContentType", 69, true},
};
constexpr Member kMembersApplicationCodeConfigurationUpdate[] = {
    {"CodeContentTypeUpdate", 69, false},
    {"CodeContentUpdate", 70, false},
};
constexpr Member kMembersApplicationConfiguration[] = {
    {"ApplicationCodeConfiguration", 12, false},
    {"ApplicationEncryptionConfiguration", 20, false},
    {"ApplicationSnapshotConfiguration", 35, false},
    {"ApplicationSystemRollbackConfiguration", 41, false},
    {"EnvironmentProperties", 125, false},
    {"FlinkApplicationConfiguration", 135, false},
    {"SqlApplicationConfiguration", 326, false},
    {"VpcConfigurations", 362, false},
    {"ZeppelinApplicationConfiguration", 364, false},
};
constexpr Member kMembersApplicationConfigurationDescription[] = {
    {"ApplicationCodeConfigurationDescription", 13, false},
    {"ApplicationEncryptionConfigurationDescription", 21, false},
    {"ApplicationSnapshotConfigurationDescription", 36, false},
    {"ApplicationSystemRollbackConfigurationDescription", 42, false},
    {"EnvironmentPropertyDescriptions", 126, false},
    {"FlinkApplicationConfigurationDescription", 136, false},
    {"RunConfigurationDescription", 278, false},
    {"SqlApplicationConfigurationDescription", 327, false},
    {"VpcConfigurationDescriptions", 359, false},
    {"ZeppelinApplicationConfigurationDescription", 365, false},
};
constexpr Member kMembersApplicationConfigurationUpdate[] = {
    {"ApplicationCodeConfigurationUpdate", 14, false},
    {"ApplicationEncryptionConfigurationUpdate", 22, false},
    {"ApplicationSnapshotConfigurationUpdate", 37, false},
    {"ApplicationSystemRollbackConfigurationUpdate", 43, false},
    {"EnvironmentPropertyUpdates", 127, false},
    {"FlinkApplicationConfigurationUpdate", 137, false},
    {"SqlApplicationConfigurationUpdate", 328, false},
    {"VpcConfigurationUpdates", 361, false},
    {"ZeppelinApplicationConfigurationUpdate", 366, false},
};
constexpr Member kMembersApplicationDetail[] = {
    {"ApplicationARN", 270, true},
    {"ApplicationConfigurationDescription", 16, false},
    {"ApplicationDescription", 18, false},
    {"ApplicationMaintenanceConfigurationDescription", 23, false},
    {"ApplicationMode", 27, false},
    {"ApplicationName", 28, true},
    {"ApplicationStatus", 38, true},
    {"ApplicationVersionCreateTimestamp", 346, false},
    {"ApplicationVersionId", 45, true},
    {"ApplicationVersionRolledBackFrom", 45, false},
    {"ApplicationVersionRolledBackTo", 45, false},
    {"ApplicationVersionUpdatedFrom", 45, false},
    {"CloudWatchLoggingOptionDescriptions", 63, false},
    {"ConditionalToken", 75, false},
    {"CreateTimestamp", 346, false},
    {"LastUpdateTimestamp", 346, false},
    {"RuntimeEnvironment", 280, true},
    {"ServiceExecutionRole", 274, false},
};
constexpr Member kMembersApplicationEncryptionConfiguration[] = {
    {"KeyId", 172, false},
    {"KeyType", 174, true},
};
constexpr Member kMembersApplicationEncryptionConfigurationDescription[] = {
    {"KeyId", 172, false},
    {"KeyType", 174, true},
};
constexpr Member kMembersApplicationEncryptionConfigurationUpdate[] = {
    {"KeyIdUpdate", 172, false},
    {"KeyTypeUpdate", 174, true},
};
constexpr Member kMembersApplicationMaintenanceConfigurationDescription[] = {
    {"ApplicationMaintenanceWindowEndTime", 25, true},
    {"ApplicationMaintenanceWindowStartTime", 26, true},
};
constexpr Member kMembersApplicationMaintenanceConfigurationUpdate[] = {
    {"ApplicationMaintenanceWindowStartTimeUpdate", 26, true},
};
constexpr std::string_view kEnumApplicationMode[] = {"STREAMING", "INTERACTIVE"};
constexpr Member kMembersApplicationOperationDescription[] = {
    {"ApplicationName", 28, false},
    {"ApplicationOperationId", 228, false},
};
constexpr Member kMembersApplicationOperationInfo[] = {
    {"EndTime", 346, false},
    {"Operation", 226, false},
    {"OperationId", 228, false},
    {"OperationStatus", 229, false},
    {"StartTime", 346, false},
};
constexpr Member kMembersApplicationOperationInfoDetails[] = {
    {"ApplicationVersionChangeDetails", 44, false},
    {"EndTime", 346, true},
    {"Operation", 226, true},
    {"OperationFailureDetails", 227, false},
    {"OperationStatus", 229, true},
    {"StartTime", 346, true},
};
constexpr Member kMembersApplicationRestoreConfiguration[] = {
    {"ApplicationRestoreType", 34, true},
    {"SnapshotArn", 296, false},
    {"SnapshotName", 307, false},
};
constexpr std::string_view kEnumApplicationRestoreType[] = {"SKIP_RESTORE_FROM_SNAPSHOT", "RESTORE_FROM_LATEST_SNAPSHOT", "RESTORE_FROM_CUSTOM_SNAPSHOT"};
constexpr Member kMembersApplicationSnapshotConfiguration[] = {
    {"SnapshotMode", 306, false},
    {"SnapshotsEnabled", 51, true},
};
constexpr Member kMembersApplicationSnapshotConfigurationDescription[] = {
    {"SnapshotMode", 306, false},
    {"SnapshotsEnabled", 51, true},
};
constexpr Member kMembersApplicationSnapshotConfigurationUpdate[] = {
    {"SnapshotModeUpdate", 306, false},
    {"SnapshotsEnabledUpdate", 51, true},
};
constexpr std::string_view kEnumApplicationStatus[] = {"DELETING", "STARTING", "STOPPING", "READY", "RUNNING", "UPDATING", "AUTOSCALING", "FORCE_STOPPING", "ROLLING_BACK", "MAINTENANCE", "ROLLED_BACK"};
constexpr Member kMembersApplicationSummary[] = {
    {"ApplicationARN", 270, true},
    {"ApplicationMode", 27, false},
    {"ApplicationName", 28, true},
    {"ApplicationStatus", 38, true},
    {"ApplicationVersionId", 45, true},
    {"RuntimeEnvironment", 280, true},
};
constexpr Member kMembersApplicationSystemRollbackConfiguration[] = {
    {"RollbackEnabled", 51, true},
};
constexpr Member kMembersApplicationSystemRollbackConfigurationDescription[] = {
    {"RollbackEnabled", 51, true},
};
constexpr Member kMembersApplicationSystemRollbackConfigurationUpdate[] = {
    {"RollbackEnabledUpdate", 51, true},
};
constexpr Member kMembersApplicationVersionChangeDetails[] = {
    {"ApplicationVersionUpdatedFrom", 45, true},
    {"ApplicationVersionUpdatedTo", 45, true},
};
constexpr Member kMembersApplicationVersionSummary[] = {
    {"ApplicationStatus", 38, true},
    {"ApplicationVersionId", 45, true},
};
constexpr std::string_view kEnumArtifactType[] = {"UDF", "DEPENDENCY_JAR"};
constexpr Member kMembersCSVMappingParameters[] = {
    {"RecordColumnDelimiter", 254, true},
    {"RecordRowDelimiter", 262, true},
};
constexpr Member kMembersCatalogConfiguration[] = {
    {"GlueDataCatalogConfiguration", 139, true},
};
constexpr Member kMembersCatalogConfigurationDescription[] = {
    {"GlueDataCatalogConfigurationDescription", 140, true},
};
constexpr Member kMembersCatalogConfigurationUpdate[] = {
    {"GlueDataCatalogConfigurationUpdate", 141, true},
};
constexpr Member kMembersCheckpointConfiguration[] = {
    {"CheckpointInterval", 60, false},
    {"CheckpointingEnabled", 51, false},
    {"ConfigurationType", 76, true},
    {"MinPauseBetweenCheckpoints", 220, false},
};
constexpr Member kMembersCheckpointConfigurationDescription[] = {
    {"CheckpointInterval", 60, false},
    {"CheckpointingEnabled", 51, false},
    {"ConfigurationType", 76, false},
    {"MinPauseBetweenCheckpoints", 220, false},
};
constexpr Member kMembersCheckpointConfigurationUpdate[] = {
    {"CheckpointIntervalUpdate", 60, false},
    {"CheckpointingEnabledUpdate", 51, false},
    {"ConfigurationTypeUpdate", 76, false},
    {"MinPauseBetweenCheckpointsUpdate", 220, false},
};
constexpr Member kMembersCloudWatchLoggingOption[] = {
    {"LogStreamARN", 213, true},
};
constexpr Member kMembersCloudWatchLoggingOptionDescription[] = {
    {"CloudWatchLoggingOptionId", 142, false},
    {"LogStreamARN", 213, true},
    {"RoleARN", 274, false},
};
constexpr Member kMembersCloudWatchLoggingOptionUpdate[] = {
    {"CloudWatchLoggingOptionId", 142, true},
    {"LogStreamARNUpdate", 213, false},
};
constexpr Member kMembersCodeContent[] = {
    {"S3ContentLocation", 286, false},
    {"TextContent", 345, false},
    {"ZipFileContent", 370, false},
};
constexpr Member kMembersCodeContentDescription[] = {
    {"CodeMD5", 71, false},
    {"CodeSize", 72, false},
    {"S3ApplicationCodeLocationDescription", 281, false},
    {"TextContent", 345, false},
};
constexpr std::string_view kEnumCodeContentType[] = {"PLAINTEXT", "ZIPFILE"};
constexpr Member kMembersCodeContentUpdate[] = {
    {"S3ContentLocationUpdate", 287, false},
    {"TextContentUpdate", 345, false},
    {"ZipFileContentUpdate", 370, false},
};
constexpr Member kMembersCodeValidationException[] = {
    {"Message", 129, false},
};
constexpr Member kMembersConcurrentModificationException[] = {
    {"Message", 129, false},
};
constexpr std::string_view kEnumConfigurationType[] = {"DEFAULT", "CUSTOM"};
constexpr Member kMembersCreateApplicationPresignedUrlRequest[] = {
    {"ApplicationName", 28, true},
    {"SessionExpirationDurationInSeconds", 295, false},
    {"UrlType", 356, true},
};
constexpr Member kMembersCreateApplicationPresignedUrlResponse[] = {
    {"AuthorizedUrl", 49, false},
};
constexpr Member kMembersCreateApplicationRequest[] = {
    {"ApplicationConfiguration", 15, false},
    {"ApplicationDescription", 18, false},
    {"ApplicationMode", 27, false},
    {"ApplicationName", 28, true},
    {"CloudWatchLoggingOptions", 66, false},
    {"RuntimeEnvironment", 280, true},
    {"ServiceExecutionRole", 274, true},
    {"Tags", 344, false},
};
constexpr Member kMembersCreateApplicationResponse[] = {
    {"ApplicationDetail", 19, true},
};
constexpr Member kMembersCreateApplicationSnapshotRequest[] = {
    {"ApplicationName", 28, true},
    {"SnapshotName", 307, true},
};
constexpr Member kMembersCreateSnapshotRequest[] = {
    {"ApplicationName", 28, true},
    {"SnapshotDescription", 322, false},
    {"SnapshotName", 323, true},
    {"Tags", 344, false},
};
constexpr Member kMembersCreateSnapshotResponse[] = {
    {"SnapshotArn", 296, true},
    {"SnapshotOperationId", 311, true},
    {"SnapshotOperationStatus", 317, true},
    {"SnapshotStatus", 320, true},
};
constexpr Member kMembersCustomArtifactConfiguration[] = {
    {"ArtifactType", 48, true},
    {"MavenReference", 217, false},
    {"S3ContentLocation", 286, false},
};
constexpr Member kMembersCustomArtifactConfigurationDescription[] = {
    {"ArtifactType", 48, false},
    {"MavenReferenceDescription", 217, false},
    {"S3ContentLocationDescription", 286, false},
};
constexpr Member kMembersDeleteApplicationCloudWatchLoggingOptionRequest[] = {
    {"ApplicationName", 28, true},
    {"CloudWatchLoggingOptionId", 142, true},
    {"ConditionalToken", 75, false},
    {"CurrentApplicationVersionId", 45, false},
};
constexpr Member kMembersDeleteApplicationCloudWatchLoggingOptionResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationVersionId", 45, false},
    {"CloudWatchLoggingOptionDescriptions", 63, false},
    {"OperationId", 228, false},
};
constexpr Member kMembersDeleteApplicationInputProcessingConfigurationRequest[] = {
    {"ApplicationName", 28, true},
    {"CurrentApplicationVersionId", 45, true},
    {"InputId", 142, true},
};
constexpr Member kMembersDeleteApplicationInputProcessingConfigurationResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationVersionId", 45, false},
};
constexpr Member kMembersDeleteApplicationOutputRequest[] = {
    {"ApplicationName", 28, true},
    {"CurrentApplicationVersionId", 45, true},
    {"OutputId", 142, true},
};
constexpr Member kMembersDeleteApplicationOutputResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationVersionId", 45, false},
};
constexpr Member kMembersDeleteApplicationReferenceDataSourceRequest[] = {
    {"ApplicationName", 28, true},
    {"CurrentApplicationVersionId", 45, true},
    {"ReferenceId", 142, true},
};
constexpr Member kMembersDeleteApplicationReferenceDataSourceResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationVersionId", 45, false},
};
constexpr Member kMembersDeleteApplicationRequest[] = {
    {"ApplicationName", 28, true},
    {"CreateTimestamp", 346, true},
};
constexpr Member kMembersDeleteApplicationSnapshotRequest[] = {
    {"ApplicationName", 28, true},
    {"SnapshotCreationTimestamp", 346, true},
    {"SnapshotName", 307, true},
};
constexpr Member kMembersDeleteApplicationVpcConfigurationRequest[] = {
    {"ApplicationName", 28, true},
    {"ConditionalToken", 75, false},
    {"CurrentApplicationVersionId", 45, false},
    {"VpcConfigurationId", 142, true},
};
constexpr Member kMembersDeleteApplicationVpcConfigurationResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationVersionId", 45, false},
    {"OperationId", 228, false},
};
constexpr Member kMembersDeleteSnapshotRequest[] = {
    {"SnapshotCreationTimestamp", 346, true},
    {"SnapshotName", 323, true},
};
constexpr Member kMembersDeleteSnapshotResponse[] = {
    {"SnapshotArn", 296, true},
    {"SnapshotOperationId", 311, true},
    {"SnapshotOperationStatus", 317, true},
    {"SnapshotStatus", 320, true},
};
constexpr Member kMembersDeployAsApplicationConfiguration[] = {
    {"S3ContentLocation", 283, true},
};
constexpr Member kMembersDeployAsApplicationConfigurationDescription[] = {
    {"S3ContentLocationDescription", 284, true},
};
constexpr Member kMembersDeployAsApplicationConfigurationUpdate[] = {
    {"S3ContentLocationUpdate", 285, false},
};
constexpr Member kMembersDescribeApplicationOperationRequest[] = {
    {"ApplicationName", 28, true},
    {"OperationId", 228, true},
};
constexpr Member kMembersDescribeApplicationOperationResponse[] = {
    {"ApplicationOperationInfoDetails", 31, false},
};
constexpr Member kMembersDescribeApplicationRequest[] = {
    {"ApplicationName", 28, true},
    {"IncludeAdditionalDetails", 51, false},
};
constexpr Member kMembersDescribeApplicationResponse[] = {
    {"ApplicationDetail", 19, true},
};
constexpr Member kMembersDescribeApplicationSnapshotRequest[] = {
    {"ApplicationName", 28, true},
    {"SnapshotName", 307, true},
};
constexpr Member kMembersDescribeApplicationSnapshotResponse[] = {
    {"SnapshotDetails", 297, true},
};
constexpr Member kMembersDescribeApplicationVersionRequest[] = {
    {"ApplicationName", 28, true},
    {"ApplicationVersionId", 45, true},
};
constexpr Member kMembersDescribeApplicationVersionResponse[] = {
    {"ApplicationVersionDetail", 19, false},
};
constexpr Member kMembersDescribeSnapshotOperationRequest[] = {
    {"SnapshotName", 323, true},
    {"SnapshotOperationId", 311, true},
};
constexpr Member kMembersDescribeSnapshotOperationResponse[] = {
    {"SnapshotOperationInfoDetails", 313, true},
};
constexpr Member kMembersDescribeSnapshotRequest[] = {
    {"SnapshotName", 323, true},
};
constexpr Member kMembersDescribeSnapshotResponse[] = {
    {"SnapshotInfoDetails", 302, true},
};
constexpr Member kMembersDestinationSchema[] = {
    {"RecordFormatType", 261, true},
};
constexpr Member kMembersDiscoverInputSchemaRequest[] = {
    {"InputProcessingConfiguration", 158, false},
    {"InputStartingPositionConfiguration", 163, false},
    {"ResourceARN", 270, false},
    {"S3Configuration", 282, false},
    {"ServiceExecutionRole", 274, true},
};
constexpr Member kMembersDiscoverInputSchemaResponse[] = {
    {"InputSchema", 325, false},
    {"ParsedInputRecords", 243, false},
    {"ProcessedInputRecords", 245, false},
    {"RawInputRecords", 252, false},
};
constexpr Member kMembersEncryptionConfigurationDescription[] = {
    {"KeyId", 172, false},
    {"KeyType", 174, true},
};
constexpr Member kMembersEnvironmentProperties[] = {
    {"PropertyGroups", 247, true},
};
constexpr Member kMembersEnvironmentPropertyDescriptions[] = {
    {"PropertyGroupDescriptions", 247, false},
};
constexpr Member kMembersEnvironmentPropertyUpdates[] = {
    {"PropertyGroups", 247, true},
};
constexpr Member kMembersErrorInfo[] = {
    {"ErrorString", 130, false},
};
constexpr Member kMembersExportDestinationConfiguration[] = {
    {"DestinationEncryptionConfiguration", 298, false},
    {"DestinationS3PrefixLocation", 288, true},
    {"DestinationType", 335, true},
    {"ExportRoleArn", 274, true},
};
constexpr Member kMembersExportSnapshotRequest[] = {
    {"ExportDestinationConfiguration", 131, true},
    {"SnapshotName", 323, true},
};
constexpr Member kMembersExportSnapshotResponse[] = {
    {"SnapshotOperationId", 311, true},
    {"SnapshotOperationStatus", 317, true},
};
constexpr Member kMembersFlinkApplicationConfiguration[] = {
    {"CheckpointConfiguration", 57, false},
    {"MonitoringConfiguration", 221, false},
    {"ParallelismConfiguration", 237, false},
};
constexpr Member kMembersFlinkApplicationConfigurationDescription[] = {
    {"CheckpointConfigurationDescription", 58, false},
    {"JobPlanDescription", 171, false},
    {"MonitoringConfigurationDescription", 222, false},
    {"ParallelismConfigurationDescription", 238, false},
};
constexpr Member kMembersFlinkApplicationConfigurationUpdate[] = {
    {"CheckpointConfigurationUpdate", 59, false},
    {"MonitoringConfigurationUpdate", 223, false},
    {"ParallelismConfigurationUpdate", 239, false},
};
constexpr Member kMembersFlinkRunConfiguration[] = {
    {"AllowNonRestoredState", 51, false},
};
constexpr Member kMembersGlueDataCatalogConfiguration[] = {
    {"DatabaseARN", 89, true},
};
constexpr Member kMembersGlueDataCatalogConfigurationDescription[] = {
    {"DatabaseARN", 89, true},
};
constexpr Member kMembersGlueDataCatalogConfigurationUpdate[] = {
    {"DatabaseARNUpdate", 89, true},
};
constexpr Member kMembersImportSnapshotRequest[] = {
    {"DestinationEncryptionConfiguration", 298, false},
    {"ImportSourceConfiguration", 145, true},
    {"SnapshotDescription", 322, false},
    {"SnapshotFormat", 300, false},
    {"SnapshotName", 323, true},
    {"Tags", 344, false},
};
constexpr Member kMembersImportSnapshotResponse[] = {
    {"SnapshotArn", 296, true},
    {"SnapshotOperationId", 311, true},
    {"SnapshotOperationStatus", 317, true},
    {"SnapshotStatus", 320, true},
};
constexpr Member kMembersImportSourceConfiguration[] = {
    {"ImportRoleArn", 274, true},
    {"SourceEncryptionConfiguration", 298, false},
    {"SourceS3PrefixLocation", 288, true},
    {"SourceType", 335, true},
};
constexpr Member kMembersInput[] = {
    {"InputParallelism", 155, false},
    {"InputProcessingConfiguration", 158, false},
    {"InputSchema", 325, true},
    {"KinesisFirehoseInput", 176, false},
    {"KinesisStreamsInput", 182, false},
    {"NamePrefix", 146, true},
};
constexpr Member kMembersInputDescription[] = {
    {"InAppStreamNames", 147, false},
    {"InputId", 142, false},
    {"InputParallelism", 155, false},
    {"InputProcessingConfigurationDescription", 159, false},
    {"InputSchema", 325, false},
    {"InputStartingPositionConfiguration", 163, false},
    {"KinesisFirehoseInputDescription", 177, false},
    {"KinesisStreamsInputDescription", 183, false},
    {"NamePrefix", 146, false},
};
constexpr Member kMembersInputLambdaProcessor[] = {
    {"ResourceARN", 270, true},
};
constexpr Member kMembersInputLambdaProcessorDescription[] = {
    {"ResourceARN", 270, true},
    {"RoleARN", 274, false},
};
constexpr Member kMembersInputLambdaProcessorUpdate[] = {
    {"ResourceARNUpdate", 270, true},
};
constexpr Member kMembersInputParallelism[] = {
    {"Count", 156, false},
};
constexpr Member kMembersInputParallelismUpdate[] = {
    {"CountUpdate", 156, true},
};
constexpr Member kMembersInputProcessingConfiguration[] = {
    {"InputLambdaProcessor", 152, true},
};
constexpr Member kMembersInputProcessingConfigurationDescription[] = {
    {"InputLambdaProcessorDescription", 153, false},
};
constexpr Member kMembersInputProcessingConfigurationUpdate[] = {
    {"InputLambdaProcessorUpdate", 154, true},
};
constexpr Member kMembersInputSchemaUpdate[] = {
    {"RecordColumnUpdates", 258, false},
    {"RecordEncodingUpdate", 259, false},
    {"RecordFormatUpdate", 260, false},
};
constexpr std::string_view kEnumInputStartingPosition[] = {"NOW", "TRIM_HORIZON", "LAST_STOPPED_POINT"};
constexpr Member kMembersInputStartingPositionConfiguration[] = {
    {"InputStartingPosition", 162, false},
};
constexpr Member kMembersInputUpdate[] = {
    {"InputId", 142, true},
    {"InputParallelismUpdate", 157, false},
    {"InputProcessingConfigurationUpdate", 160, false},
    {"InputSchemaUpdate", 161, false},
    {"KinesisFirehoseInputUpdate", 178, false},
    {"KinesisStreamsInputUpdate", 184, false},
    {"NamePrefixUpdate", 146, false},
};
constexpr Member kMembersInvalidApplicationConfigurationException[] = {
    {"Message", 129, false},
};
constexpr Member kMembersInvalidArgumentException[] = {
    {"Message", 129, false},
};
constexpr Member kMembersInvalidRequestException[] = {
    {"Message", 129, false},
};
constexpr Member kMembersJSONMappingParameters[] = {
    {"RecordRowPath", 263, true},
};
constexpr std::string_view kEnumKeyType[] = {"AWS_OWNED_KEY", "CUSTOMER_MANAGED_KEY"};
constexpr Member kMembersKinesisFirehoseInput[] = {
    {"ResourceARN", 270, true},
};
constexpr Member kMembersKinesisFirehoseInputDescription[] = {
    {"ResourceARN", 270, true},
    {"RoleARN", 274, false},
};
constexpr Member kMembersKinesisFirehoseInputUpdate[] = {
    {"ResourceARNUpdate", 270, true},
};
constexpr Member kMembersKinesisFirehoseOutput[] = {
    {"ResourceARN", 270, true},
};
constexpr Member kMembersKinesisFirehoseOutputDescription[] = {
    {"ResourceARN", 270, true},
    {"RoleARN", 274, false},
};
constexpr Member kMembersKinesisFirehoseOutputUpdate[] = {
    {"ResourceARNUpdate", 270, true},
};
constexpr Member kMembersKinesisStreamsInput[] = {
    {"ResourceARN", 270, true},
};
constexpr Member kMembersKinesisStreamsInputDescription[] = {
    {"ResourceARN", 270, true},
    {"RoleARN", 274, false},
};
constexpr Member kMembersKinesisStreamsInputUpdate[] = {
    {"ResourceARNUpdate", 270, true},
};
constexpr Member kMembersKinesisStreamsOutput[] = {
    {"ResourceARN", 270, true},
};
constexpr Member kMembersKinesisStreamsOutputDescription[] = {
    {"ResourceARN", 270, true},
    {"RoleARN", 274, false},
};
constexpr Member kMembersKinesisStreamsOutputUpdate[] = {
    {"ResourceARNUpdate", 270, true},
};
constexpr Member kMembersLambdaOutput[] = {
    {"ResourceARN", 270, true},
};
constexpr Member kMembersLambdaOutputDescription[] = {
    {"ResourceARN", 270, true},
    {"RoleARN", 274, false},
};
constexpr Member kMembersLambdaOutputUpdate[] = {
    {"ResourceARNUpdate", 270, true},
};
constexpr Member kMembersLimitExceededException[] = {
    {"Message", 129, false},
};
constexpr Member kMembersListApplicationOperationsRequest[] = {
    {"ApplicationName", 28, true},
    {"Limit", 192, false},
    {"NextToken", 224, false},
    {"Operation", 226, false},
    {"OperationStatus", 229, false},
};
constexpr Member kMembersListApplicationOperationsResponse[] = {
    {"ApplicationOperationInfoList", 32, false},
    {"NextToken", 224, false},
};
constexpr Member kMembersListApplicationSnapshotsRequest[] = {
    {"ApplicationName", 28, true},
    {"Limit", 206, false},
    {"NextToken", 224, false},
};
constexpr Member kMembersListApplicationSnapshotsResponse[] = {
    {"NextToken", 224, false},
    {"SnapshotSummaries", 321, false},
};
constexpr Member kMembersListApplicationVersionsRequest[] = {
    {"ApplicationName", 28, true},
    {"Limit", 197, false},
    {"NextToken", 224, false},
};
constexpr Member kMembersListApplicationVersionsResponse[] = {
    {"ApplicationVersionSummaries", 46, false},
    {"NextToken", 224, false},
};
constexpr Member kMembersListApplicationsRequest[] = {
    {"Limit", 200, false},
    {"NextToken", 28, false},
};
constexpr Member kMembersListApplicationsResponse[] = {
    {"ApplicationSummaries", 39, true},
    {"NextToken", 28, false},
};
constexpr Member kMembersListSnapshotOperationsRequest[] = {
    {"Limit", 203, false},
    {"NextToken", 224, false},
    {"SnapshotName", 323, true},
    {"SnapshotOperation", 308, false},
    {"SnapshotOperationStatus", 317, false},
};
constexpr Member kMembersListSnapshotOperationsResponse[] = {
    {"NextToken", 224, false},
    {"SnapshotOperationInfoList", 314, true},
};
constexpr Member kMembersListSnapshotsRequest[] = {
    {"Limit", 207, false},
    {"NextToken", 224, false},
    {"SnapshotInitiator", 304, false},
    {"SnapshotInitiatorOperation", 305, false},
    {"SnapshotStatus", 320, false},
    {"SourceApplicationName", 28, false},
};
constexpr Member kMembersListSnapshotsResponse[] = {
    {"NextToken", 224, false},
    {"SnapshotInfoList", 303, true},
};
constexpr Member kMembersListTagsForResourceRequest[] = {
    {"ResourceARN", 175, true},
};
constexpr Member kMembersListTagsForResourceResponse[] = {
    {"Tags", 344, false},
};
constexpr std::string_view kEnumLogLevel[] = {"INFO", "WARN", "ERROR", "DEBUG"};
constexpr Member kMembersMappingParameters[] = {
    {"CSVMappingParameters", 53, false},
    {"JSONMappingParameters", 170, false},
};
constexpr Member kMembersMavenReference[] = {
    {"ArtifactId", 215, true},
    {"GroupId", 216, true},
    {"Version", 218, true},
};
constexpr std::string_view kEnumMetricsLevel[] = {"APPLICATION", "TASK", "OPERATOR", "PARALLELISM"};
constexpr Member kMembersMonitoringConfiguration[] = {
    {"ConfigurationType", 76, true},
    {"LogLevel", 212, false},
    {"MetricsLevel", 219, false},
};
constexpr Member kMembersMonitoringConfigurationDescription[] = {
    {"ConfigurationType", 76, false},
    {"LogLevel", 212, false},
    {"MetricsLevel", 219, false},
};
constexpr Member kMembersMonitoringConfigurationUpdate[] = {
    {"ConfigurationTypeUpdate", 76, false},
    {"LogLevelUpdate", 212, false},
    {"MetricsLevelUpdate", 219, false},
};
constexpr Member kMembersOperationFailureDetails[] = {
    {"ErrorInfo", 128, false},
    {"RollbackOperationId", 228, false},
};
constexpr std::string_view kEnumOperationStatus[] = {"IN_PROGRESS", "CANCELLED", "SUCCESSFUL", "FAILED"};
constexpr Member kMembersOutput[] = {
    {"DestinationSchema", 121, true},
    {"KinesisFirehoseOutput", 179, false},
    {"KinesisStreamsOutput", 185, false},
    {"LambdaOutput", 188, false},
    {"Name", 146, true},
};
constexpr Member kMembersOutputDescription[] = {
    {"DestinationSchema", 121, false},
    {"KinesisFirehoseOutputDescription", 180, false},
    {"KinesisStreamsOutputDescription", 186, false},
    {"LambdaOutputDescription", 189, false},
    {"Name", 146, false},
    {"OutputId", 142, false},
};
constexpr Member kMembersOutputUpdate[] = {
    {"DestinationSchemaUpdate", 121, false},
    {"KinesisFirehoseOutputUpdate", 181, false},
    {"KinesisStreamsOutputUpdate", 187, false},
    {"LambdaOutputUpdate", 190, false},
    {"NameUpdate", 146, false},
    {"OutputId", 142, true},
};
constexpr Member kMembersParallelismConfiguration[] = {
    {"AutoScalingEnabled", 51, false},
    {"ConfigurationType", 76, true},
    {"Parallelism", 236, false},
    {"ParallelismPerKPU", 240, false},
};
constexpr Member kMembersParallelismConfigurationDescription[] = {
    {"AutoScalingEnabled", 51, false},
    {"ConfigurationType", 76, false},
    {"CurrentParallelism", 236, false},
    {"Parallelism", 236, false},
    {"ParallelismPerKPU", 240, false},
};
constexpr Member kMembersParallelismConfigurationUpdate[] = {
    {"AutoScalingEnabledUpdate", 51, false},
    {"ConfigurationTypeUpdate", 76, false},
    {"ParallelismPerKPUUpdate", 240, false},
    {"ParallelismUpdate", 236, false},
};
constexpr Member kMembersPropertyGroup[] = {
    {"PropertyGroupId", 142, true},
    {"PropertyMap", 249, true},
};
constexpr Member kMembersRecordColumn[] = {
    {"Mapping", 255, false},
    {"Name", 256, true},
    {"SqlType", 257, true},
};
constexpr Member kMembersRecordFormat[] = {
    {"MappingParameters", 214, false},
    {"RecordFormatType", 261, true},
};
constexpr std::string_view kEnumRecordFormatType[] = {"JSON", "CSV"};
constexpr Member kMembersReferenceDataSource[] = {
    {"ReferenceSchema", 325, true},
    {"S3ReferenceDataSource", 289, false},
    {"TableName", 148, true},
};
constexpr Member kMembersReferenceDataSourceDescription[] = {
    {"ReferenceId", 142, true},
    {"ReferenceSchema", 325, false},
    {"S3ReferenceDataSourceDescription", 290, true},
    {"TableName", 148, true},
};
constexpr Member kMembersReferenceDataSourceUpdate[] = {
    {"ReferenceId", 142, true},
    {"ReferenceSchemaUpdate", 325, false},
    {"S3ReferenceDataSourceUpdate", 291, false},
    {"TableNameUpdate", 148, false},
};
constexpr Member kMembersResourceInUseException[] = {
    {"Message", 129, false},
};
constexpr Member kMembersResourceNotFoundException[] = {
    {"Message", 129, false},
};
constexpr Member kMembersResourceProvisionedThroughputExceededException[] = {
    {"Message", 129, false},
};
constexpr Member kMembersRollbackApplicationRequest[] = {
    {"ApplicationName", 28, true},
    {"CurrentApplicationVersionId", 45, true},
};
constexpr Member kMembersRollbackApplicationResponse[] = {
    {"ApplicationDetail", 19, true},
    {"OperationId", 228, false},
};
constexpr Member kMembersRunConfiguration[] = {
    {"ApplicationRestoreConfiguration", 33, false},
    {"FlinkRunConfiguration", 138, false},
    {"SqlRunConfigurations", 330, false},
};
constexpr Member kMembersRunConfigurationDescription[] = {
    {"ApplicationRestoreConfigurationDescription", 33, false},
    {"FlinkRunConfigurationDescription", 138, false},
};
constexpr Member kMembersRunConfigurationUpdate[] = {
    {"ApplicationRestoreConfiguration", 33, false},
    {"FlinkRunConfiguration", 138, false},
};
constexpr std::string_view kEnumRuntimeEnvironment[] = {"SQL-1_0", "FLINK-1_6", "FLINK-1_8", "ZEPPELIN-FLINK-1_0", "FLINK-1_11", "FLINK-1_13", "ZEPPELIN-FLINK-2_0", "FLINK-1_15", "ZEPPELIN-FLINK-3_0", "FLINK-1_18", "FLINK-1_19", "FLINK-1_20", "FLINK-2_2", "FLINK-2_3"};
constexpr Member kMembersS3ApplicationCodeLocationDescription[] = {
    {"BucketARN", 52, true},
    {"FileKey", 134, true},
    {"ObjectVersion", 225, false},
};
constexpr Member kMembersS3Configuration[] = {
    {"BucketARN", 52, true},
    {"FileKey", 134, true},
};
constexpr Member kMembersS3ContentBaseLocation[] = {
    {"BasePath", 50, false},
    {"BucketARN", 52, true},
};
constexpr Member kMembersS3ContentBaseLocationDescription[] = {
    {"BasePath", 50, false},
    {"BucketARN", 52, true},
};
constexpr Member kMembersS3ContentBaseLocationUpdate[] = {
    {"BasePathUpdate", 50, false},
    {"BucketARNUpdate", 52, false},
};
constexpr Member kMembersS3ContentLocation[] = {
    {"BucketARN", 52, true},
    {"FileKey", 134, true},
    {"ObjectVersion", 225, false},
};
constexpr Member kMembersS3ContentLocationUpdate[] = {
    {"BucketARNUpdate", 52, false},
    {"FileKeyUpdate", 134, false},
    {"ObjectVersionUpdate", 225, false},
};
constexpr Member kMembersS3PrefixLocation[] = {
    {"BucketARN", 52, true},
    {"KeyPrefix", 173, true},
};
constexpr Member kMembersS3ReferenceDataSource[] = {
    {"BucketARN", 52, false},
    {"FileKey", 134, false},
};
constexpr Member kMembersS3ReferenceDataSourceDescription[] = {
    {"BucketARN", 52, true},
    {"FileKey", 134, true},
    {"ReferenceRoleARN", 274, false},
};
constexpr Member kMembersS3ReferenceDataSourceUpdate[] = {
    {"BucketARNUpdate", 52, false},
    {"FileKeyUpdate", 134, false},
};
constexpr Member kMembersServiceUnavailableException[] = {
    {"Message", 129, false},
};
constexpr Member kMembersSnapshotDetails[] = {
    {"ApplicationEncryptionConfigurationDescription", 21, false},
    {"ApplicationVersionId", 45, true},
    {"RuntimeEnvironment", 280, false},
    {"SnapshotCreationTimestamp", 346, false},
    {"SnapshotName", 307, true},
    {"SnapshotStatus", 320, true},
};
constexpr Member kMembersSnapshotEncryptionConfiguration[] = {
    {"KeyId", 172, false},
    {"KeyType", 174, true},
};
constexpr Member kMembersSnapshotErrorInfo[] = {
    {"ErrorCode", 309, false},
    {"ErrorString", 130, false},
};
constexpr std::string_view kEnumSnapshotFormat[] = {"CANONICAL"};
constexpr Member kMembersSnapshotInfo[] = {
    {"SnapshotArn", 296, true},
    {"SnapshotCreationTimestamp", 346, true},
    {"SnapshotFormat", 300, true},
    {"SnapshotInitiator", 304, true},
    {"SnapshotInitiatorOperation", 305, true},
    {"SnapshotName", 323, true},
    {"SnapshotStatus", 320, true},
    {"SourceApplicationName", 28, false},
};
constexpr Member kMembersSnapshotInfoDetails[] = {
    {"RuntimeEnvironment", 280, false},
    {"SnapshotArn", 296, true},
    {"SnapshotCreationTimestamp", 346, true},
    {"SnapshotDescription", 322, false},
    {"SnapshotEncryptionConfigurationDescription", 298, false},
    {"SnapshotFormat", 300, true},
    {"SnapshotInitiator", 304, true},
    {"SnapshotInitiatorOperation", 305, true},
    {"SnapshotName", 323, true},
    {"SnapshotSizeInBytes", 318, false},
    {"SnapshotSourceDescription", 319, true},
    {"SnapshotStatus", 320, true},
};
constexpr std::string_view kEnumSnapshotInitiator[] = {"USER", "SYSTEM"};
constexpr std::string_view kEnumSnapshotInitiatorOperation[] = {"CreateSnapshot", "ImportSnapshot", "SystemCreateSnapshot"};
constexpr std::string_view kEnumSnapshotMode[] = {"APPLICATION_SNAPSHOTS_LEGACY", "ENHANCED_SNAPSHOTS"};
constexpr std::string_view kEnumSnapshotOperation[] = {"CreateSnapshot", "DeleteSnapshot", "ImportSnapshot", "ExportSnapshot", "SystemCreateSnapshot"};
constexpr Member kMembersSnapshotOperationFailureDetails[] = {
    {"ErrorInfo", 299, false},
};
constexpr Member kMembersSnapshotOperationInfo[] = {
    {"EndTime", 346, false},
    {"SnapshotOperation", 308, true},
    {"SnapshotOperationId", 311, true},
    {"SnapshotOperationStatus", 317, true},
    {"StartTime", 346, false},
};
constexpr Member kMembersSnapshotOperationInfoDetails[] = {
    {"ApplicationOperationDescription", 29, false},
    {"DestinationEncryptionConfigurationDescription", 124, false},
    {"EndTime", 346, false},
    {"SnapshotArn", 296, true},
    {"SnapshotDestinationLocationDescription", 315, false},
    {"SnapshotOperation", 308, true},
    {"SnapshotOperationFailureDetails", 310, false},
    {"SnapshotOperationId", 311, true},
    {"SnapshotOperationStatus", 317, true},
    {"SnapshotSourceLocationDescription", 315, false},
    {"SourceEncryptionConfigurationDescription", 124, false},
    {"StartTime", 346, false},
};
constexpr Member kMembersSnapshotOperationLocationDescription[] = {
    {"LocationType", 335, true},
    {"S3PrefixLocation", 316, true},
};
constexpr Member kMembersSnapshotOperationS3PrefixLocation[] = {
    {"BucketARN", 52, true},
    {"ExportedPrefix", 173, false},
    {"KeyPrefix", 173, true},
};
constexpr std::string_view kEnumSnapshotOperationStatus[] = {"IN_PROGRESS", "SUCCESSFUL", "FAILED", "CANCELLED"};
constexpr Member kMembersSnapshotSourceDescription[] = {
    {"S3PrefixLocation", 288, false},
    {"SourceApplicationDescription", 324, false},
};
constexpr std::string_view kEnumSnapshotStatus[] = {"CREATING", "READY", "DELETING", "FAILED"};
constexpr Member kMembersSourceApplicationDescription[] = {
    {"ApplicationCreationTimestamp", 346, true},
    {"ApplicationName", 28, true},
    {"ApplicationVersionId", 45, true},
};
constexpr Member kMembersSourceSchema[] = {
    {"RecordColumns", 258, true},
    {"RecordEncoding", 259, false},
    {"RecordFormat", 260, true},
};
constexpr Member kMembersSqlApplicationConfiguration[] = {
    {"Inputs", 166, false},
    {"Outputs", 235, false},
    {"ReferenceDataSources", 269, false},
};
constexpr Member kMembersSqlApplicationConfigurationDescription[] = {
    {"InputDescriptions", 151, false},
    {"OutputDescriptions", 232, false},
    {"ReferenceDataSourceDescriptions", 266, false},
};
constexpr Member kMembersSqlApplicationConfigurationUpdate[] = {
    {"InputUpdates", 165, false},
    {"OutputUpdates", 234, false},
    {"ReferenceDataSourceUpdates", 268, false},
};
constexpr Member kMembersSqlRunConfiguration[] = {
    {"InputId", 142, true},
    {"InputStartingPositionConfiguration", 163, true},
};
constexpr Member kMembersStartApplicationRequest[] = {
    {"ApplicationName", 28, true},
    {"RunConfiguration", 277, false},
};
constexpr Member kMembersStartApplicationResponse[] = {
    {"OperationId", 228, false},
};
constexpr Member kMembersStopApplicationRequest[] = {
    {"ApplicationName", 28, true},
    {"Force", 51, false},
};
constexpr Member kMembersStopApplicationResponse[] = {
    {"OperationId", 228, false},
};
constexpr std::string_view kEnumStorageLocationType[] = {"S3"};
constexpr Member kMembersTag[] = {
    {"Key", 339, true},
    {"Value", 343, false},
};
constexpr Member kMembersTagResourceRequest[] = {
    {"ResourceARN", 175, true},
    {"Tags", 344, true},
};
constexpr Member kMembersTooManyTagsException[] = {
    {"message", 129, false},
};
constexpr Member kMembersUnableToDetectSchemaException[] = {
    {"Message", 129, false},
    {"ProcessedInputRecords", 245, false},
    {"RawInputRecords", 252, false},
};
constexpr Member kMembersUnsupportedOperationException[] = {
    {"Message", 129, false},
};
constexpr Member kMembersUntagResourceRequest[] = {
    {"ResourceARN", 175, true},
    {"TagKeys", 340, true},
};
constexpr Member kMembersUpdateApplicationMaintenanceConfigurationRequest[] = {
    {"ApplicationMaintenanceConfigurationUpdate", 24, true},
    {"ApplicationName", 28, true},
};
constexpr Member kMembersUpdateApplicationMaintenanceConfigurationResponse[] = {
    {"ApplicationARN", 270, false},
    {"ApplicationMaintenanceConfigurationDescription", 23, false},
};
constexpr Member kMembersUpdateApplicationRequest[] = {
    {"ApplicationConfigurationUpdate", 17, false},
    {"ApplicationName", 28, true},
    {"CloudWatchLoggingOptionUpdates", 65, false},
    {"ConditionalToken", 75, false},
    {"CurrentApplicationVersionId", 45, false},
    {"RunConfigurationUpdate", 279, false},
    {"RuntimeEnvironmentUpdate", 280, false},
    {"ServiceExecutionRoleUpdate", 274, false},
};
constexpr Member kMembersUpdateApplicationResponse[] = {
    {"ApplicationDetail", 19, true},
    {"OperationId", 228, false},
};
constexpr std::string_view kEnumUrlType[] = {"FLINK_DASHBOARD_URL", "ZEPPELIN_UI_URL"};
constexpr Member kMembersVpcConfiguration[] = {
    {"SecurityGroupIds", 293, true},
    {"SubnetIds", 337, true},
};
constexpr Member kMembersVpcConfigurationDescription[] = {
    {"SecurityGroupIds", 293, true},
    {"SubnetIds", 337, true},
    {"VpcConfigurationId", 142, true},
    {"VpcId", 363, true},
};
constexpr Member kMembersVpcConfigurationUpdate[] = {
    {"SecurityGroupIdUpdates", 293, false},
    {"SubnetIdUpdates", 337, false},
    {"VpcConfigurationId", 142, true},
};
constexpr Member kMembersZeppelinApplicationConfiguration[] = {
    {"CatalogConfiguration", 54, false},
    {"CustomArtifactsConfiguration", 88, false},
    {"DeployAsApplicationConfiguration", 106, false},
    {"MonitoringConfiguration", 367, false},
};
constexpr Member kMembersZeppelinApplicationConfigurationDescription[] = {
    {"CatalogConfigurationDescription", 55, false},
    {"CustomArtifactsConfigurationDescription", 87, false},
    {"DeployAsApplicationConfigurationDescription", 107, false},
    {"MonitoringConfigurationDescription", 368, true},
};
constexpr Member kMembersZeppelinApplicationConfigurationUpdate[] = {
    {"CatalogConfigurationUpdate", 56, false},
    {"CustomArtifactsConfigurationUpdate", 88, false},
    {"DeployAsApplicationConfigurationUpdate", 108, false},
    {"MonitoringConfigurationUpdate", 369, false},
};
constexpr Member kMembersZeppelinMonitoringConfiguration[] = {
    {"LogLevel", 212, true},
};
constexpr Member kMembersZeppelinMonitoringConfigurationDescription[] = {
    {"LogLevel", 212, false},
};
constexpr Member kMembersZeppelinMonitoringConfigurationUpdate[] = {
    {"LogLevelUpdate", 212, true},
};

constexpr Shape kShapes[] = {
    {.name = "AddApplicationCloudWatchLoggingOptionRequest", .type = ShapeType::kStructure, .members = kMembersAddApplicationCloudWatchLoggingOptionRequest},
    {.name = "AddApplicationCloudWatchLoggingOptionResponse", .type = ShapeType::kStructure, .members = kMembersAddApplicationCloudWatchLoggingOptionResponse},
    {.name = "AddApplicationInputProcessingConfigurationRequest", .type = ShapeType::kStructure, .members = kMembersAddApplicationInputProcessingConfigurationRequest},
    {.name = "AddApplicationInputProcessingConfigurationResponse", .type = ShapeType::kStructure, .members = kMembersAddApplicationInputProcessingConfigurationResponse},
    {.name = "AddApplicationInputRequest", .type = ShapeType::kStructure, .members = kMembersAddApplicationInputRequest},
    {.name = "AddApplicationInputResponse", .type = ShapeType::kStructure, .members = kMembersAddApplicationInputResponse},
    {.name = "AddApplicationOutputRequest", .type = ShapeType::kStructure, .members = kMembersAddApplicationOutputRequest},
    {.name = "AddApplicationOutputResponse", .type = ShapeType::kStructure, .members = kMembersAddApplicationOutputResponse},
    {.name = "AddApplicationReferenceDataSourceRequest", .type = ShapeType::kStructure, .members = kMembersAddApplicationReferenceDataSourceRequest},
    {.name = "AddApplicationReferenceDataSourceResponse", .type = ShapeType::kStructure, .members = kMembersAddApplicationReferenceDataSourceResponse},
    {.name = "AddApplicationVpcConfigurationRequest", .type = ShapeType::kStructure, .members = kMembersAddApplicationVpcConfigurationRequest},
    {.name = "AddApplicationVpcConfigurationResponse", .type = ShapeType::kStructure, .members = kMembersAddApplicationVpcConfigurationResponse},
    {.name = "ApplicationCodeConfiguration", .type = ShapeType::kStructure, .members = kMembersApplicationCodeConfiguration},
    {.name = "ApplicationCodeConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersApplicationCodeConfigurationDescription},
    {.name = "ApplicationCodeConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersApplicationCodeConfigurationUpdate},
    {.name = "ApplicationConfiguration", .type = ShapeType::kStructure, .members = kMembersApplicationConfiguration},
    {.name = "ApplicationConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersApplicationConfigurationDescription},
    {.name = "ApplicationConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersApplicationConfigurationUpdate},
    {.name = "ApplicationDescription", .type = ShapeType::kString, .min = 0, .max = 1024},
    {.name = "ApplicationDetail", .type = ShapeType::kStructure, .members = kMembersApplicationDetail},
    {.name = "ApplicationEncryptionConfiguration", .type = ShapeType::kStructure, .members = kMembersApplicationEncryptionConfiguration},
    {.name = "ApplicationEncryptionConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersApplicationEncryptionConfigurationDescription},
    {.name = "ApplicationEncryptionConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersApplicationEncryptionConfigurationUpdate},
    {.name = "ApplicationMaintenanceConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersApplicationMaintenanceConfigurationDescription},
    {.name = "ApplicationMaintenanceConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersApplicationMaintenanceConfigurationUpdate},
    {.name = "ApplicationMaintenanceWindowEndTime", .type = ShapeType::kString, .min = 5, .max = 5, .pattern = "([01][0-9]|2[0-3]):[0-5][0-9]"},
    {.name = "ApplicationMaintenanceWindowStartTime", .type = ShapeType::kString, .min = 5, .max = 5, .pattern = "([01][0-9]|2[0-3]):[0-5][0-9]"},
    {.name = "ApplicationMode", .type = ShapeType::kString, .enum_values = kEnumApplicationMode},
    {.name = "ApplicationName", .type = ShapeType::kString, .min = 1, .max = 128, .pattern = "[a-zA-Z0-9_.-]+"},
    {.name = "ApplicationOperationDescription", .type = ShapeType::kStructure, .members = kMembersApplicationOperationDescription},
    {.name = "ApplicationOperationInfo", .type = ShapeType::kStructure, .members = kMembersApplicationOperationInfo},
    {.name = "ApplicationOperationInfoDetails", .type = ShapeType::kStructure, .members = kMembersApplicationOperationInfoDetails},
    {.name = "ApplicationOperationInfoList", .type = ShapeType::kList, .element = 30},
    {.name = "ApplicationRestoreConfiguration", .type = ShapeType::kStructure, .members = kMembersApplicationRestoreConfiguration},
    {.name = "ApplicationRestoreType", .type = ShapeType::kString, .enum_values = kEnumApplicationRestoreType},
    {.name = "ApplicationSnapshotConfiguration", .type = ShapeType::kStructure, .members = kMembersApplicationSnapshotConfiguration},
    {.name = "ApplicationSnapshotConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersApplicationSnapshotConfigurationDescription},
    {.name = "ApplicationSnapshotConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersApplicationSnapshotConfigurationUpdate},
    {.name = "ApplicationStatus", .type = ShapeType::kString, .enum_values = kEnumApplicationStatus},
    {.name = "ApplicationSummaries", .type = ShapeType::kList, .element = 40},
    {.name = "ApplicationSummary", .type = ShapeType::kStructure, .members = kMembersApplicationSummary},
    {.name = "ApplicationSystemRollbackConfiguration", .type = ShapeType::kStructure, .members = kMembersApplicationSystemRollbackConfiguration},
    {.name = "ApplicationSystemRollbackConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersApplicationSystemRollbackConfigurationDescription},
    {.name = "ApplicationSystemRollbackConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersApplicationSystemRollbackConfigurationUpdate},
    {.name = "ApplicationVersionChangeDetails", .type = ShapeType::kStructure, .members = kMembersApplicationVersionChangeDetails},
    {.name = "ApplicationVersionId", .type = ShapeType::kLong, .min = 1, .max = 999999999},
    {.name = "ApplicationVersionSummaries", .type = ShapeType::kList, .element = 47},
    {.name = "ApplicationVersionSummary", .type = ShapeType::kStructure, .members = kMembersApplicationVersionSummary},
    {.name = "ArtifactType", .type = ShapeType::kString, .enum_values = kEnumArtifactType},
    {.name = "AuthorizedUrl", .type = ShapeType::kString, .min = 1, .max = 2048},
    {.name = "BasePath", .type = ShapeType::kString, .min = 1, .max = 1024, .pattern = "[a-zA-Z0-9/!-_.*'()]+"},
    {.name = "BooleanObject", .type = ShapeType::kBoolean},
    {.name = "BucketARN", .type = ShapeType::kString, .min = 1, .max = 2048, .pattern = "arn:.*"},
    {.name = "CSVMappingParameters", .type = ShapeType::kStructure, .members = kMembersCSVMappingParameters},
    {.name = "CatalogConfiguration", .type = ShapeType::kStructure, .members = kMembersCatalogConfiguration},
    {.name = "CatalogConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersCatalogConfigurationDescription},
    {.name = "CatalogConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersCatalogConfigurationUpdate},
    {.name = "CheckpointConfiguration", .type = ShapeType::kStructure, .members = kMembersCheckpointConfiguration},
    {.name = "CheckpointConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersCheckpointConfigurationDescription},
    {.name = "CheckpointConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersCheckpointConfigurationUpdate},
    {.name = "CheckpointInterval", .type = ShapeType::kLong, .min = 1},
    {.name = "CloudWatchLoggingOption", .type = ShapeType::kStructure, .members = kMembersCloudWatchLoggingOption},
    {.name = "CloudWatchLoggingOptionDescription", .type = ShapeType::kStructure, .members = kMembersCloudWatchLoggingOptionDescription},
    {.name = "CloudWatchLoggingOptionDescriptions", .type = ShapeType::kList, .element = 62},
    {.name = "CloudWatchLoggingOptionUpdate", .type = ShapeType::kStructure, .members = kMembersCloudWatchLoggingOptionUpdate},
    {.name = "CloudWatchLoggingOptionUpdates", .type = ShapeType::kList, .element = 64},
    {.name = "CloudWatchLoggingOptions", .type = ShapeType::kList, .element = 61},
    {.name = "CodeContent", .type = ShapeType::kStructure, .members = kMembersCodeContent},
    {.name = "CodeContentDescription", .type = ShapeType::kStructure, .members = kMembersCodeContentDescription},
    {.name = "CodeContentType", .type = ShapeType::kString, .enum_values = kEnumCodeContentType},
    {.name = "CodeContentUpdate", .type = ShapeType::kStructure, .members = kMembersCodeContentUpdate},
    {.name = "CodeMD5", .type = ShapeType::kString, .min = 128, .max = 128},
    {.name = "CodeSize", .type = ShapeType::kLong, .min = 0, .max = 52428800},
    {.name = "CodeValidationException", .type = ShapeType::kStructure, .members = kMembersCodeValidationException, .exception = true},
    {.name = "ConcurrentModificationException", .type = ShapeType::kStructure, .members = kMembersConcurrentModificationException, .exception = true},
    {.name = "ConditionalToken", .type = ShapeType::kString, .min = 1, .max = 512, .pattern = "[a-zA-Z0-9-_+/=]+"},
    {.name = "ConfigurationType", .type = ShapeType::kString, .enum_values = kEnumConfigurationType},
    {.name = "CreateApplicationPresignedUrlRequest", .type = ShapeType::kStructure, .members = kMembersCreateApplicationPresignedUrlRequest},
    {.name = "CreateApplicationPresignedUrlResponse", .type = ShapeType::kStructure, .members = kMembersCreateApplicationPresignedUrlResponse},
    {.name = "CreateApplicationRequest", .type = ShapeType::kStructure, .members = kMembersCreateApplicationRequest},
    {.name = "CreateApplicationResponse", .type = ShapeType::kStructure, .members = kMembersCreateApplicationResponse},
    {.name = "CreateApplicationSnapshotRequest", .type = ShapeType::kStructure, .members = kMembersCreateApplicationSnapshotRequest},
    {.name = "CreateApplicationSnapshotResponse", .type = ShapeType::kStructure},
    {.name = "CreateSnapshotRequest", .type = ShapeType::kStructure, .members = kMembersCreateSnapshotRequest},
    {.name = "CreateSnapshotResponse", .type = ShapeType::kStructure, .members = kMembersCreateSnapshotResponse},
    {.name = "CustomArtifactConfiguration", .type = ShapeType::kStructure, .members = kMembersCustomArtifactConfiguration},
    {.name = "CustomArtifactConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersCustomArtifactConfigurationDescription},
    {.name = "CustomArtifactsConfigurationDescriptionList", .type = ShapeType::kList, .max = 50, .element = 86},
    {.name = "CustomArtifactsConfigurationList", .type = ShapeType::kList, .max = 50, .element = 85},
    {.name = "DatabaseARN", .type = ShapeType::kString, .min = 1, .max = 2048, .pattern = "arn:.*"},
    {.name = "DeleteApplicationCloudWatchLoggingOptionRequest", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationCloudWatchLoggingOptionRequest},
    {.name = "DeleteApplicationCloudWatchLoggingOptionResponse", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationCloudWatchLoggingOptionResponse},
    {.name = "DeleteApplicationInputProcessingConfigurationRequest", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationInputProcessingConfigurationRequest},
    {.name = "DeleteApplicationInputProcessingConfigurationResponse", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationInputProcessingConfigurationResponse},
    {.name = "DeleteApplicationOutputRequest", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationOutputRequest},
    {.name = "DeleteApplicationOutputResponse", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationOutputResponse},
    {.name = "DeleteApplicationReferenceDataSourceRequest", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationReferenceDataSourceRequest},
    {.name = "DeleteApplicationReferenceDataSourceResponse", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationReferenceDataSourceResponse},
    {.name = "DeleteApplicationRequest", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationRequest},
    {.name = "DeleteApplicationResponse", .type = ShapeType::kStructure},
    {.name = "DeleteApplicationSnapshotRequest", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationSnapshotRequest},
    {.name = "DeleteApplicationSnapshotResponse", .type = ShapeType::kStructure},
    {.name = "DeleteApplicationVpcConfigurationRequest", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationVpcConfigurationRequest},
    {.name = "DeleteApplicationVpcConfigurationResponse", .type = ShapeType::kStructure, .members = kMembersDeleteApplicationVpcConfigurationResponse},
    {.name = "DeleteSnapshotRequest", .type = ShapeType::kStructure, .members = kMembersDeleteSnapshotRequest},
    {.name = "DeleteSnapshotResponse", .type = ShapeType::kStructure, .members = kMembersDeleteSnapshotResponse},
    {.name = "DeployAsApplicationConfiguration", .type = ShapeType::kStructure, .members = kMembersDeployAsApplicationConfiguration},
    {.name = "DeployAsApplicationConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersDeployAsApplicationConfigurationDescription},
    {.name = "DeployAsApplicationConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersDeployAsApplicationConfigurationUpdate},
    {.name = "DescribeApplicationOperationRequest", .type = ShapeType::kStructure, .members = kMembersDescribeApplicationOperationRequest},
    {.name = "DescribeApplicationOperationResponse", .type = ShapeType::kStructure, .members = kMembersDescribeApplicationOperationResponse},
    {.name = "DescribeApplicationRequest", .type = ShapeType::kStructure, .members = kMembersDescribeApplicationRequest},
    {.name = "DescribeApplicationResponse", .type = ShapeType::kStructure, .members = kMembersDescribeApplicationResponse},
    {.name = "DescribeApplicationSnapshotRequest", .type = ShapeType::kStructure, .members = kMembersDescribeApplicationSnapshotRequest},
    {.name = "DescribeApplicationSnapshotResponse", .type = ShapeType::kStructure, .members = kMembersDescribeApplicationSnapshotResponse},
    {.name = "DescribeApplicationVersionRequest", .type = ShapeType::kStructure, .members = kMembersDescribeApplicationVersionRequest},
    {.name = "DescribeApplicationVersionResponse", .type = ShapeType::kStructure, .members = kMembersDescribeApplicationVersionResponse},
    {.name = "DescribeSnapshotOperationRequest", .type = ShapeType::kStructure, .members = kMembersDescribeSnapshotOperationRequest},
    {.name = "DescribeSnapshotOperationResponse", .type = ShapeType::kStructure, .members = kMembersDescribeSnapshotOperationResponse},
    {.name = "DescribeSnapshotRequest", .type = ShapeType::kStructure, .members = kMembersDescribeSnapshotRequest},
    {.name = "DescribeSnapshotResponse", .type = ShapeType::kStructure, .members = kMembersDescribeSnapshotResponse},
    {.name = "DestinationSchema", .type = ShapeType::kStructure, .members = kMembersDestinationSchema},
    {.name = "DiscoverInputSchemaRequest", .type = ShapeType::kStructure, .members = kMembersDiscoverInputSchemaRequest},
    {.name = "DiscoverInputSchemaResponse", .type = ShapeType::kStructure, .members = kMembersDiscoverInputSchemaResponse},
    {.name = "EncryptionConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersEncryptionConfigurationDescription},
    {.name = "EnvironmentProperties", .type = ShapeType::kStructure, .members = kMembersEnvironmentProperties},
    {.name = "EnvironmentPropertyDescriptions", .type = ShapeType::kStructure, .members = kMembersEnvironmentPropertyDescriptions},
    {.name = "EnvironmentPropertyUpdates", .type = ShapeType::kStructure, .members = kMembersEnvironmentPropertyUpdates},
    {.name = "ErrorInfo", .type = ShapeType::kStructure, .members = kMembersErrorInfo},
    {.name = "ErrorMessage", .type = ShapeType::kString},
    {.name = "ErrorString", .type = ShapeType::kString, .min = 1, .max = 512},
    {.name = "ExportDestinationConfiguration", .type = ShapeType::kStructure, .members = kMembersExportDestinationConfiguration},
    {.name = "ExportSnapshotRequest", .type = ShapeType::kStructure, .members = kMembersExportSnapshotRequest},
    {.name = "ExportSnapshotResponse", .type = ShapeType::kStructure, .members = kMembersExportSnapshotResponse},
    {.name = "FileKey", .type = ShapeType::kString, .min = 1, .max = 1024},
    {.name = "FlinkApplicationConfiguration", .type = ShapeType::kStructure, .members = kMembersFlinkApplicationConfiguration},
    {.name = "FlinkApplicationConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersFlinkApplicationConfigurationDescription},
    {.name = "FlinkApplicationConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersFlinkApplicationConfigurationUpdate},
    {.name = "FlinkRunConfiguration", .type = ShapeType::kStructure, .members = kMembersFlinkRunConfiguration},
    {.name = "GlueDataCatalogConfiguration", .type = ShapeType::kStructure, .members = kMembersGlueDataCatalogConfiguration},
    {.name = "GlueDataCatalogConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersGlueDataCatalogConfigurationDescription},
    {.name = "GlueDataCatalogConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersGlueDataCatalogConfigurationUpdate},
    {.name = "Id", .type = ShapeType::kString, .min = 1, .max = 50, .pattern = "[a-zA-Z0-9_.-]+"},
    {.name = "ImportSnapshotRequest", .type = ShapeType::kStructure, .members = kMembersImportSnapshotRequest},
    {.name = "ImportSnapshotResponse", .type = ShapeType::kStructure, .members = kMembersImportSnapshotResponse},
    {.name = "ImportSourceConfiguration", .type = ShapeType::kStructure, .members = kMembersImportSourceConfiguration},
    {.name = "InAppStreamName", .type = ShapeType::kString, .min = 1, .max = 32, .pattern = "[^-\\s<>&]*"},
    {.name = "InAppStreamNames", .type = ShapeType::kList, .element = 146},
    {.name = "InAppTableName", .type = ShapeType::kString, .min = 1, .max = 32},
    {.name = "Input", .type = ShapeType::kStructure, .members = kMembersInput},
    {.name = "InputDescription", .type = ShapeType::kStructure, .members = kMembersInputDescription},
    {.name = "InputDescriptions", .type = ShapeType::kList, .element = 150},
    {.name = "InputLambdaProcessor", .type = ShapeType::kStructure, .members = kMembersInputLambdaProcessor},
    {.name = "InputLambdaProcessorDescription", .type = ShapeType::kStructure, .members = kMembersInputLambdaProcessorDescription},
    {.name = "InputLambdaProcessorUpdate", .type = ShapeType::kStructure, .members = kMembersInputLambdaProcessorUpdate},
    {.name = "InputParallelism", .type = ShapeType::kStructure, .members = kMembersInputParallelism},
    {.name = "InputParallelismCount", .type = ShapeType::kInteger, .min = 1, .max = 64},
    {.name = "InputParallelismUpdate", .type = ShapeType::kStructure, .members = kMembersInputParallelismUpdate},
    {.name = "InputProcessingConfiguration", .type = ShapeType::kStructure, .members = kMembersInputProcessingConfiguration},
    {.name = "InputProcessingConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersInputProcessingConfigurationDescription},
    {.name = "InputProcessingConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersInputProcessingConfigurationUpdate},
    {.name = "InputSchemaUpdate", .type = ShapeType::kStructure, .members = kMembersInputSchemaUpdate},
    {.name = "InputStartingPosition", .type = ShapeType::kString, .enum_values = kEnumInputStartingPosition},
    {.name = "InputStartingPositionConfiguration", .type = ShapeType::kStructure, .members = kMembersInputStartingPositionConfiguration},
    {.name = "InputUpdate", .type = ShapeType::kStructure, .members = kMembersInputUpdate},
    {.name = "InputUpdates", .type = ShapeType::kList, .element = 164},
    {.name = "Inputs", .type = ShapeType::kList, .element = 149},
    {.name = "InvalidApplicationConfigurationException", .type = ShapeType::kStructure, .members = kMembersInvalidApplicationConfigurationException, .exception = true},
    {.name = "InvalidArgumentException", .type = ShapeType::kStructure, .members = kMembersInvalidArgumentException, .exception = true},
    {.name = "InvalidRequestException", .type = ShapeType::kStructure, .members = kMembersInvalidRequestException, .exception = true},
    {.name = "JSONMappingParameters", .type = ShapeType::kStructure, .members = kMembersJSONMappingParameters},
    {.name = "JobPlanDescription", .type = ShapeType::kString},
    {.name = "KeyId", .type = ShapeType::kString, .min = 1, .max = 2048},
    {.name = "KeyPrefix", .type = ShapeType::kString, .min = 1, .max = 200},
    {.name = "KeyType", .type = ShapeType::kString, .enum_values = kEnumKeyType},
    {.name = "KinesisAnalyticsARN", .type = ShapeType::kString, .min = 1, .max = 2048, .pattern = "arn:.*"},
    {.name = "KinesisFirehoseInput", .type = ShapeType::kStructure, .members = kMembersKinesisFirehoseInput},
    {.name = "KinesisFirehoseInputDescription", .type = ShapeType::kStructure, .members = kMembersKinesisFirehoseInputDescription},
    {.name = "KinesisFirehoseInputUpdate", .type = ShapeType::kStructure, .members = kMembersKinesisFirehoseInputUpdate},
    {.name = "KinesisFirehoseOutput", .type = ShapeType::kStructure, .members = kMembersKinesisFirehoseOutput},
    {.name = "KinesisFirehoseOutputDescription", .type = ShapeType::kStructure, .members = kMembersKinesisFirehoseOutputDescription},
    {.name = "KinesisFirehoseOutputUpdate", .type = ShapeType::kStructure, .members = kMembersKinesisFirehoseOutputUpdate},
    {.name = "KinesisStreamsInput", .type = ShapeType::kStructure, .members = kMembersKinesisStreamsInput},
    {.name = "KinesisStreamsInputDescription", .type = ShapeType::kStructure, .members = kMembersKinesisStreamsInputDescription},
    {.name = "KinesisStreamsInputUpdate", .type = ShapeType::kStructure, .members = kMembersKinesisStreamsInputUpdate},
    {.name = "KinesisStreamsOutput", .type = ShapeType::kStructure, .members = kMembersKinesisStreamsOutput},
    {.name = "KinesisStreamsOutputDescription", .type = ShapeType::kStructure, .members = kMembersKinesisStreamsOutputDescription},
    {.name = "KinesisStreamsOutputUpdate", .type = ShapeType::kStructure, .members = kMembersKinesisStreamsOutputUpdate},
    {.name = "LambdaOutput", .type = ShapeType::kStructure, .members = kMembersLambdaOutput},
    {.name = "LambdaOutputDescription", .type = ShapeType::kStructure, .members = kMembersLambdaOutputDescription},
    {.name = "LambdaOutputUpdate", .type = ShapeType::kStructure, .members = kMembersLambdaOutputUpdate},
    {.name = "LimitExceededException", .type = ShapeType::kStructure, .members = kMembersLimitExceededException, .exception = true},
    {.name = "ListApplicationOperationsInputLimit", .type = ShapeType::kInteger, .min = 1, .max = 50},
    {.name = "ListApplicationOperationsRequest", .type = ShapeType::kStructure, .members = kMembersListApplicationOperationsRequest},
    {.name = "ListApplicationOperationsResponse", .type = ShapeType::kStructure, .members = kMembersListApplicationOperationsResponse},
    {.name = "ListApplicationSnapshotsRequest", .type = ShapeType::kStructure, .members = kMembersListApplicationSnapshotsRequest},
    {.name = "ListApplicationSnapshotsResponse", .type = ShapeType::kStructure, .members = kMembersListApplicationSnapshotsResponse},
    {.name = "ListApplicationVersionsInputLimit", .type = ShapeType::kInteger, .min = 1, .max = 50},
    {.name = "ListApplicationVersionsRequest", .type = ShapeType::kStructure, .members = kMembersListApplicationVersionsRequest},
    {.name = "ListApplicationVersionsResponse", .type = ShapeType::kStructure, .members = kMembersListApplicationVersionsResponse},
    {.name = "ListApplicationsInputLimit", .type = ShapeType::kInteger, .min = 1, .max = 50},
    {.name = "ListApplicationsRequest", .type = ShapeType::kStructure, .members = kMembersListApplicationsRequest},
    {.name = "ListApplicationsResponse", .type = ShapeType::kStructure, .members = kMembersListApplicationsResponse},
    {.name = "ListSnapshotOperationsLimit", .type = ShapeType::kInteger, .min = 1, .max = 50},
    {.name = "ListSnapshotOperationsRequest", .type = ShapeType::kStructure, .members = kMembersListSnapshotOperationsRequest},
    {.name = "ListSnapshotOperationsResponse", .type = ShapeType::kStructure, .members = kMembersListSnapshotOperationsResponse},
    {.name = "ListSnapshotsInputLimit", .type = ShapeType::kInteger, .min = 1, .max = 50},
    {.name = "ListSnapshotsLimit", .type = ShapeType::kInteger, .min = 1, .max = 50},
    {.name = "ListSnapshotsRequest", .type = ShapeType::kStructure, .members = kMembersListSnapshotsRequest},
    {.name = "ListSnapshotsResponse", .type = ShapeType::kStructure, .members = kMembersListSnapshotsResponse},
    {.name = "ListTagsForResourceRequest", .type = ShapeType::kStructure, .members = kMembersListTagsForResourceRequest},
    {.name = "ListTagsForResourceResponse", .type = ShapeType::kStructure, .members = kMembersListTagsForResourceResponse},
    {.name = "LogLevel", .type = ShapeType::kString, .enum_values = kEnumLogLevel},
    {.name = "LogStreamARN", .type = ShapeType::kString, .min = 1, .max = 2048, .pattern = "arn:.*"},
    {.name = "MappingParameters", .type = ShapeType::kStructure, .members = kMembersMappingParameters},
    {.name = "MavenArtifactId", .type = ShapeType::kString, .min = 1, .max = 256, .pattern = "[a-zA-Z0-9_.-]+"},
    {.name = "MavenGroupId", .type = ShapeType::kString, .min = 1, .max = 256, .pattern = "[a-zA-Z0-9_.-]+"},
    {.name = "MavenReference", .type = ShapeType::kStructure, .members = kMembersMavenReference},
    {.name = "MavenVersion", .type = ShapeType::kString, .min = 1, .max = 256, .pattern = "[a-zA-Z0-9_.-]+"},
    {.name = "MetricsLevel", .type = ShapeType::kString, .enum_values = kEnumMetricsLevel},
    {.name = "MinPauseBetweenCheckpoints", .type = ShapeType::kLong, .min = 0},
    {.name = "MonitoringConfiguration", .type = ShapeType::kStructure, .members = kMembersMonitoringConfiguration},
    {.name = "MonitoringConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersMonitoringConfigurationDescription},
    {.name = "MonitoringConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersMonitoringConfigurationUpdate},
    {.name = "NextToken", .type = ShapeType::kString, .min = 1, .max = 512},
    {.name = "ObjectVersion", .type = ShapeType::kString, .min = 0, .max = 1024},
    {.name = "Operation", .type = ShapeType::kString, .min = 1, .max = 64},
    {.name = "OperationFailureDetails", .type = ShapeType::kStructure, .members = kMembersOperationFailureDetails},
    {.name = "OperationId", .type = ShapeType::kString, .min = 1, .max = 64},
    {.name = "OperationStatus", .type = ShapeType::kString, .enum_values = kEnumOperationStatus},
    {.name = "Output", .type = ShapeType::kStructure, .members = kMembersOutput},
    {.name = "OutputDescription", .type = ShapeType::kStructure, .members = kMembersOutputDescription},
    {.name = "OutputDescriptions", .type = ShapeType::kList, .element = 231},
    {.name = "OutputUpdate", .type = ShapeType::kStructure, .members = kMembersOutputUpdate},
    {.name = "OutputUpdates", .type = ShapeType::kList, .element = 233},
    {.name = "Outputs", .type = ShapeType::kList, .element = 230},
    {.name = "Parallelism", .type = ShapeType::kInteger, .min = 1},
    {.name = "ParallelismConfiguration", .type = ShapeType::kStructure, .members = kMembersParallelismConfiguration},
    {.name = "ParallelismConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersParallelismConfigurationDescription},
    {.name = "ParallelismConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersParallelismConfigurationUpdate},
    {.name = "ParallelismPerKPU", .type = ShapeType::kInteger, .min = 1},
    {.name = "ParsedInputRecord", .type = ShapeType::kList, .element = 242},
    {.name = "ParsedInputRecordField", .type = ShapeType::kString},
    {.name = "ParsedInputRecords", .type = ShapeType::kList, .element = 241},
    {.name = "ProcessedInputRecord", .type = ShapeType::kString},
    {.name = "ProcessedInputRecords", .type = ShapeType::kList, .element = 244},
    {.name = "PropertyGroup", .type = ShapeType::kStructure, .members = kMembersPropertyGroup},
    {.name = "PropertyGroups", .type = ShapeType::kList, .max = 50, .element = 246},
    {.name = "PropertyKey", .type = ShapeType::kString, .min = 1, .max = 2048},
    {.name = "PropertyMap", .type = ShapeType::kMap, .min = 1, .max = 50, .element = 250, .key = 248},
    {.name = "PropertyValue", .type = ShapeType::kString, .min = 1, .max = 2048},
    {.name = "RawInputRecord", .type = ShapeType::kString},
    {.name = "RawInputRecords", .type = ShapeType::kList, .element = 251},
    {.name = "RecordColumn", .type = ShapeType::kStructure, .members = kMembersRecordColumn},
    {.name = "RecordColumnDelimiter", .type = ShapeType::kString, .min = 1, .max = 1024},
    {.name = "RecordColumnMapping", .type = ShapeType::kString, .min = 0, .max = 65535},
    {.name = "RecordColumnName", .type = ShapeType::kString, .min = 1, .max = 256, .pattern = "[^-\\s<>&]*"},
    {.name = "RecordColumnSqlType", .type = ShapeType::kString, .min = 1, .max = 100},
    {.name = "RecordColumns", .type = ShapeType::kList, .min = 1, .max = 1000, .element = 253},
    {.name = "RecordEncoding", .type = ShapeType::kString, .min = 5, .max = 5, .pattern = "UTF-8"},
    {.name = "RecordFormat", .type = ShapeType::kStructure, .members = kMembersRecordFormat},
    {.name = "RecordFormatType", .type = ShapeType::kString, .enum_values = kEnumRecordFormatType},
    {.name = "RecordRowDelimiter", .type = ShapeType::kString, .min = 1, .max = 1024},
    {.name = "RecordRowPath", .type = ShapeType::kString, .min = 1, .max = 65535, .pattern = "^(?=^\\$)(?=^\\S+$).*$"},
    {.name = "ReferenceDataSource", .type = ShapeType::kStructure, .members = kMembersReferenceDataSource},
    {.name = "ReferenceDataSourceDescription", .type = ShapeType::kStructure, .members = kMembersReferenceDataSourceDescription},
    {.name = "ReferenceDataSourceDescriptions", .type = ShapeType::kList, .element = 265},
    {.name = "ReferenceDataSourceUpdate", .type = ShapeType::kStructure, .members = kMembersReferenceDataSourceUpdate},
    {.name = "ReferenceDataSourceUpdates", .type = ShapeType::kList, .element = 267},
    {.name = "ReferenceDataSources", .type = ShapeType::kList, .element = 264},
    {.name = "ResourceARN", .type = ShapeType::kString, .min = 1, .max = 2048, .pattern = "arn:.*"},
    {.name = "ResourceInUseException", .type = ShapeType::kStructure, .members = kMembersResourceInUseException, .exception = true},
    {.name = "ResourceNotFoundException", .type = ShapeType::kStructure, .members = kMembersResourceNotFoundException, .exception = true},
    {.name = "ResourceProvisionedThroughputExceededException", .type = ShapeType::kStructure, .members = kMembersResourceProvisionedThroughputExceededException, .exception = true},
    {.name = "RoleARN", .type = ShapeType::kString, .min = 1, .max = 2048, .pattern = "arn:.*"},
    {.name = "RollbackApplicationRequest", .type = ShapeType::kStructure, .members = kMembersRollbackApplicationRequest},
    {.name = "RollbackApplicationResponse", .type = ShapeType::kStructure, .members = kMembersRollbackApplicationResponse},
    {.name = "RunConfiguration", .type = ShapeType::kStructure, .members = kMembersRunConfiguration},
    {.name = "RunConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersRunConfigurationDescription},
    {.name = "RunConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersRunConfigurationUpdate},
    {.name = "RuntimeEnvironment", .type = ShapeType::kString, .enum_values = kEnumRuntimeEnvironment},
    {.name = "S3ApplicationCodeLocationDescription", .type = ShapeType::kStructure, .members = kMembersS3ApplicationCodeLocationDescription},
    {.name = "S3Configuration", .type = ShapeType::kStructure, .members = kMembersS3Configuration},
    {.name = "S3ContentBaseLocation", .type = ShapeType::kStructure, .members = kMembersS3ContentBaseLocation},
    {.name = "S3ContentBaseLocationDescription", .type = ShapeType::kStructure, .members = kMembersS3ContentBaseLocationDescription},
    {.name = "S3ContentBaseLocationUpdate", .type = ShapeType::kStructure, .members = kMembersS3ContentBaseLocationUpdate},
    {.name = "S3ContentLocation", .type = ShapeType::kStructure, .members = kMembersS3ContentLocation},
    {.name = "S3ContentLocationUpdate", .type = ShapeType::kStructure, .members = kMembersS3ContentLocationUpdate},
    {.name = "S3PrefixLocation", .type = ShapeType::kStructure, .members = kMembersS3PrefixLocation},
    {.name = "S3ReferenceDataSource", .type = ShapeType::kStructure, .members = kMembersS3ReferenceDataSource},
    {.name = "S3ReferenceDataSourceDescription", .type = ShapeType::kStructure, .members = kMembersS3ReferenceDataSourceDescription},
    {.name = "S3ReferenceDataSourceUpdate", .type = ShapeType::kStructure, .members = kMembersS3ReferenceDataSourceUpdate},
    {.name = "SecurityGroupId", .type = ShapeType::kString},
    {.name = "SecurityGroupIds", .type = ShapeType::kList, .min = 1, .max = 5, .element = 292},
    {.name = "ServiceUnavailableException", .type = ShapeType::kStructure, .members = kMembersServiceUnavailableException, .exception = true, .fault = true},
    {.name = "SessionExpirationDurationInSeconds", .type = ShapeType::kLong, .min = 1800, .max = 43200},
    {.name = "SnapshotArn", .type = ShapeType::kString, .min = 1, .max = 2048},
    {.name = "SnapshotDetails", .type = ShapeType::kStructure, .members = kMembersSnapshotDetails},
    {.name = "SnapshotEncryptionConfiguration", .type = ShapeType::kStructure, .members = kMembersSnapshotEncryptionConfiguration},
    {.name = "SnapshotErrorInfo", .type = ShapeType::kStructure, .members = kMembersSnapshotErrorInfo},
    {.name = "SnapshotFormat", .type = ShapeType::kString, .enum_values = kEnumSnapshotFormat},
    {.name = "SnapshotInfo", .type = ShapeType::kStructure, .members = kMembersSnapshotInfo},
    {.name = "SnapshotInfoDetails", .type = ShapeType::kStructure, .members = kMembersSnapshotInfoDetails},
    {.name = "SnapshotInfoList", .type = ShapeType::kList, .element = 301},
    {.name = "SnapshotInitiator", .type = ShapeType::kString, .enum_values = kEnumSnapshotInitiator},
    {.name = "SnapshotInitiatorOperation", .type = ShapeType::kString, .enum_values = kEnumSnapshotInitiatorOperation},
    {.name = "SnapshotMode", .type = ShapeType::kString, .enum_values = kEnumSnapshotMode},
    {.name = "SnapshotName", .type = ShapeType::kString, .min = 1, .max = 256, .pattern = "[a-zA-Z0-9_.-]+"},
    {.name = "SnapshotOperation", .type = ShapeType::kString, .enum_values = kEnumSnapshotOperation},
    {.name = "SnapshotOperationErrorCode", .type = ShapeType::kString, .min = 1, .max = 512},
    {.name = "SnapshotOperationFailureDetails", .type = ShapeType::kStructure, .members = kMembersSnapshotOperationFailureDetails},
    {.name = "SnapshotOperationId", .type = ShapeType::kString, .min = 1, .max = 64},
    {.name = "SnapshotOperationInfo", .type = ShapeType::kStructure, .members = kMembersSnapshotOperationInfo},
    {.name = "SnapshotOperationInfoDetails", .type = ShapeType::kStructure, .members = kMembersSnapshotOperationInfoDetails},
    {.name = "SnapshotOperationInfoList", .type = ShapeType::kList, .element = 312},
    {.name = "SnapshotOperationLocationDescription", .type = ShapeType::kStructure, .members = kMembersSnapshotOperationLocationDescription},
    {.name = "SnapshotOperationS3PrefixLocation", .type = ShapeType::kStructure, .members = kMembersSnapshotOperationS3PrefixLocation},
    {.name = "SnapshotOperationStatus", .type = ShapeType::kString, .enum_values = kEnumSnapshotOperationStatus},
    {.name = "SnapshotSizeInBytes", .type = ShapeType::kLong},
    {.name = "SnapshotSourceDescription", .type = ShapeType::kStructure, .members = kMembersSnapshotSourceDescription},
    {.name = "SnapshotStatus", .type = ShapeType::kString, .enum_values = kEnumSnapshotStatus},
    {.name = "SnapshotSummaries", .type = ShapeType::kList, .element = 297},
    {.name = "SnapshotV2Description", .type = ShapeType::kString, .min = 0, .max = 1024, .pattern = "[^\\u0000-\\u001F\\u007F]*"},
    {.name = "SnapshotV2Name", .type = ShapeType::kString, .min = 1, .max = 100, .pattern = "[a-zA-Z0-9_.-]+"},
    {.name = "SourceApplicationDescription", .type = ShapeType::kStructure, .members = kMembersSourceApplicationDescription},
    {.name = "SourceSchema", .type = ShapeType::kStructure, .members = kMembersSourceSchema},
    {.name = "SqlApplicationConfiguration", .type = ShapeType::kStructure, .members = kMembersSqlApplicationConfiguration},
    {.name = "SqlApplicationConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersSqlApplicationConfigurationDescription},
    {.name = "SqlApplicationConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersSqlApplicationConfigurationUpdate},
    {.name = "SqlRunConfiguration", .type = ShapeType::kStructure, .members = kMembersSqlRunConfiguration},
    {.name = "SqlRunConfigurations", .type = ShapeType::kList, .element = 329},
    {.name = "StartApplicationRequest", .type = ShapeType::kStructure, .members = kMembersStartApplicationRequest},
    {.name = "StartApplicationResponse", .type = ShapeType::kStructure, .members = kMembersStartApplicationResponse},
    {.name = "StopApplicationRequest", .type = ShapeType::kStructure, .members = kMembersStopApplicationRequest},
    {.name = "StopApplicationResponse", .type = ShapeType::kStructure, .members = kMembersStopApplicationResponse},
    {.name = "StorageLocationType", .type = ShapeType::kString, .enum_values = kEnumStorageLocationType},
    {.name = "SubnetId", .type = ShapeType::kString},
    {.name = "SubnetIds", .type = ShapeType::kList, .min = 1, .max = 16, .element = 336},
    {.name = "Tag", .type = ShapeType::kStructure, .members = kMembersTag},
    {.name = "TagKey", .type = ShapeType::kString, .min = 1, .max = 128},
    {.name = "TagKeys", .type = ShapeType::kList, .min = 1, .max = 200, .element = 339},
    {.name = "TagResourceRequest", .type = ShapeType::kStructure, .members = kMembersTagResourceRequest},
    {.name = "TagResourceResponse", .type = ShapeType::kStructure},
    {.name = "TagValue", .type = ShapeType::kString, .min = 0, .max = 256},
    {.name = "Tags", .type = ShapeType::kList, .min = 1, .max = 200, .element = 338},
    {.name = "TextContent", .type = ShapeType::kString, .min = 0, .max = 102400},
    {.name = "Timestamp", .type = ShapeType::kTimestamp},
    {.name = "TooManyTagsException", .type = ShapeType::kStructure, .members = kMembersTooManyTagsException, .exception = true},
    {.name = "UnableToDetectSchemaException", .type = ShapeType::kStructure, .members = kMembersUnableToDetectSchemaException, .exception = true},
    {.name = "UnsupportedOperationException", .type = ShapeType::kStructure, .members = kMembersUnsupportedOperationException, .exception = true},
    {.name = "UntagResourceRequest", .type = ShapeType::kStructure, .members = kMembersUntagResourceRequest},
    {.name = "UntagResourceResponse", .type = ShapeType::kStructure},
    {.name = "UpdateApplicationMaintenanceConfigurationRequest", .type = ShapeType::kStructure, .members = kMembersUpdateApplicationMaintenanceConfigurationRequest},
    {.name = "UpdateApplicationMaintenanceConfigurationResponse", .type = ShapeType::kStructure, .members = kMembersUpdateApplicationMaintenanceConfigurationResponse},
    {.name = "UpdateApplicationRequest", .type = ShapeType::kStructure, .members = kMembersUpdateApplicationRequest},
    {.name = "UpdateApplicationResponse", .type = ShapeType::kStructure, .members = kMembersUpdateApplicationResponse},
    {.name = "UrlType", .type = ShapeType::kString, .enum_values = kEnumUrlType},
    {.name = "VpcConfiguration", .type = ShapeType::kStructure, .members = kMembersVpcConfiguration},
    {.name = "VpcConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersVpcConfigurationDescription},
    {.name = "VpcConfigurationDescriptions", .type = ShapeType::kList, .element = 358},
    {.name = "VpcConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersVpcConfigurationUpdate},
    {.name = "VpcConfigurationUpdates", .type = ShapeType::kList, .element = 360},
    {.name = "VpcConfigurations", .type = ShapeType::kList, .element = 357},
    {.name = "VpcId", .type = ShapeType::kString},
    {.name = "ZeppelinApplicationConfiguration", .type = ShapeType::kStructure, .members = kMembersZeppelinApplicationConfiguration},
    {.name = "ZeppelinApplicationConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersZeppelinApplicationConfigurationDescription},
    {.name = "ZeppelinApplicationConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersZeppelinApplicationConfigurationUpdate},
    {.name = "ZeppelinMonitoringConfiguration", .type = ShapeType::kStructure, .members = kMembersZeppelinMonitoringConfiguration},
    {.name = "ZeppelinMonitoringConfigurationDescription", .type = ShapeType::kStructure, .members = kMembersZeppelinMonitoringConfigurationDescription},
    {.name = "ZeppelinMonitoringConfigurationUpdate", .type = ShapeType::kStructure, .members = kMembersZeppelinMonitoringConfigurationUpdate},
    {.name = "ZipFileContent", .type = ShapeType::kBlob, .min = 0, .max = 52428800},
};

constexpr std::string_view kErrorsAddApplicationCloudWatchLoggingOption[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "InvalidRequestException", "InvalidApplicationConfigurationException"};
constexpr std::string_view kErrorsAddApplicationInput[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "CodeValidationException", "InvalidRequestException"};
constexpr std::string_view kErrorsAddApplicationInputProcessingConfiguration[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "InvalidRequestException"};
constexpr std::string_view kErrorsAddApplicationOutput[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "InvalidRequestException"};
constexpr std::string_view kErrorsAddApplicationReferenceDataSource[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "InvalidRequestException"};
constexpr std::string_view kErrorsAddApplicationVpcConfiguration[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "InvalidApplicationConfigurationException"};
constexpr std::string_view kErrorsCreateApplication[] = {"CodeValidationException", "ResourceInUseException", "LimitExceededException", "InvalidArgumentException", "InvalidRequestException", "TooManyTagsException", "ConcurrentModificationException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsCreateApplicationPresignedUrl[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException"};
constexpr std::string_view kErrorsCreateApplicationSnapshot[] = {"ResourceInUseException", "ResourceNotFoundException", "LimitExceededException", "InvalidArgumentException", "UnsupportedOperationException", "InvalidRequestException", "InvalidApplicationConfigurationException"};
constexpr std::string_view kErrorsCreateSnapshot[] = {"ResourceInUseException", "InvalidArgumentException", "InvalidApplicationConfigurationException", "LimitExceededException", "ConcurrentModificationException", "TooManyTagsException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsDeleteApplication[] = {"ConcurrentModificationException", "ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "InvalidRequestException", "InvalidApplicationConfigurationException"};
constexpr std::string_view kErrorsDeleteApplicationCloudWatchLoggingOption[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "InvalidRequestException", "InvalidApplicationConfigurationException"};
constexpr std::string_view kErrorsDeleteApplicationInputProcessingConfiguration[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "InvalidRequestException"};
constexpr std::string_view kErrorsDeleteApplicationOutput[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "InvalidRequestException"};
constexpr std::string_view kErrorsDeleteApplicationReferenceDataSource[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "InvalidRequestException"};
constexpr std::string_view kErrorsDeleteApplicationSnapshot[] = {"ResourceInUseException", "InvalidArgumentException", "UnsupportedOperationException", "InvalidRequestException", "ResourceNotFoundException", "ConcurrentModificationException"};
constexpr std::string_view kErrorsDeleteApplicationVpcConfiguration[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "InvalidApplicationConfigurationException"};
constexpr std::string_view kErrorsDeleteSnapshot[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsDescribeApplication[] = {"ResourceNotFoundException", "InvalidArgumentException", "InvalidRequestException"};
constexpr std::string_view kErrorsDescribeApplicationOperation[] = {"InvalidArgumentException", "ResourceNotFoundException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsDescribeApplicationSnapshot[] = {"ResourceNotFoundException", "InvalidArgumentException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsDescribeApplicationVersion[] = {"InvalidArgumentException", "ResourceNotFoundException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsDescribeSnapshot[] = {"ResourceNotFoundException", "InvalidArgumentException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsDescribeSnapshotOperation[] = {"ResourceNotFoundException", "InvalidArgumentException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsDiscoverInputSchema[] = {"InvalidArgumentException", "UnableToDetectSchemaException", "ResourceProvisionedThroughputExceededException", "ServiceUnavailableException", "InvalidRequestException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsExportSnapshot[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "LimitExceededException", "ConcurrentModificationException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsImportSnapshot[] = {"ResourceInUseException", "InvalidArgumentException", "LimitExceededException", "ConcurrentModificationException", "TooManyTagsException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsListApplicationOperations[] = {"InvalidArgumentException", "ResourceNotFoundException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsListApplicationSnapshots[] = {"InvalidArgumentException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsListApplicationVersions[] = {"InvalidArgumentException", "ResourceNotFoundException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsListApplications[] = {"InvalidRequestException"};
constexpr std::string_view kErrorsListSnapshotOperations[] = {"ResourceNotFoundException", "InvalidArgumentException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsListSnapshots[] = {"InvalidArgumentException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsListTagsForResource[] = {"ResourceNotFoundException", "InvalidArgumentException", "ConcurrentModificationException"};
constexpr std::string_view kErrorsRollbackApplication[] = {"ResourceNotFoundException", "InvalidArgumentException", "ResourceInUseException", "InvalidRequestException", "ConcurrentModificationException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsStartApplication[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "InvalidApplicationConfigurationException", "InvalidRequestException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsStopApplication[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "InvalidRequestException", "InvalidApplicationConfigurationException", "ConcurrentModificationException"};
constexpr std::string_view kErrorsTagResource[] = {"ResourceNotFoundException", "ResourceInUseException", "TooManyTagsException", "InvalidArgumentException", "ConcurrentModificationException"};
constexpr std::string_view kErrorsUntagResource[] = {"ResourceNotFoundException", "ResourceInUseException", "TooManyTagsException", "InvalidArgumentException", "ConcurrentModificationException"};
constexpr std::string_view kErrorsUpdateApplication[] = {"CodeValidationException", "ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "InvalidRequestException", "InvalidApplicationConfigurationException", "LimitExceededException", "UnsupportedOperationException"};
constexpr std::string_view kErrorsUpdateApplicationMaintenanceConfiguration[] = {"ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ConcurrentModificationException", "UnsupportedOperationException"};

constexpr Operation kOperations[] = {
    {"AddApplicationCloudWatchLoggingOption", 0, 1, kErrorsAddApplicationCloudWatchLoggingOption},
    {"AddApplicationInput", 4, 5, kErrorsAddApplicationInput},
    {"AddApplicationInputProcessingConfiguration", 2, 3, kErrorsAddApplicationInputProcessingConfiguration},
    {"AddApplicationOutput", 6, 7, kErrorsAddApplicationOutput},
    {"AddApplicationReferenceDataSource", 8, 9, kErrorsAddApplicationReferenceDataSource},
    {"AddApplicationVpcConfiguration", 10, 11, kErrorsAddApplicationVpcConfiguration},
    {"CreateApplication", 79, 80, kErrorsCreateApplication},
    {"CreateApplicationPresignedUrl", 77, 78, kErrorsCreateApplicationPresignedUrl},
    {"CreateApplicationSnapshot", 81, 82, kErrorsCreateApplicationSnapshot},
    {"CreateSnapshot", 83, 84, kErrorsCreateSnapshot},
    {"DeleteApplication", 98, 99, kErrorsDeleteApplication},
    {"DeleteApplicationCloudWatchLoggingOption", 90, 91, kErrorsDeleteApplicationCloudWatchLoggingOption},
    {"DeleteApplicationInputProcessingConfiguration", 92, 93, kErrorsDeleteApplicationInputProcessingConfiguration},
    {"DeleteApplicationOutput", 94, 95, kErrorsDeleteApplicationOutput},
    {"DeleteApplicationReferenceDataSource", 96, 97, kErrorsDeleteApplicationReferenceDataSource},
    {"DeleteApplicationSnapshot", 100, 101, kErrorsDeleteApplicationSnapshot},
    {"DeleteApplicationVpcConfiguration", 102, 103, kErrorsDeleteApplicationVpcConfiguration},
    {"DeleteSnapshot", 104, 105, kErrorsDeleteSnapshot},
    {"DescribeApplication", 111, 112, kErrorsDescribeApplication},
    {"DescribeApplicationOperation", 109, 110, kErrorsDescribeApplicationOperation},
    {"DescribeApplicationSnapshot", 113, 114, kErrorsDescribeApplicationSnapshot},
    {"DescribeApplicationVersion", 115, 116, kErrorsDescribeApplicationVersion},
    {"DescribeSnapshot", 119, 120, kErrorsDescribeSnapshot},
    {"DescribeSnapshotOperation", 117, 118, kErrorsDescribeSnapshotOperation},
    {"DiscoverInputSchema", 122, 123, kErrorsDiscoverInputSchema},
    {"ExportSnapshot", 132, 133, kErrorsExportSnapshot},
    {"ImportSnapshot", 143, 144, kErrorsImportSnapshot},
    {"ListApplicationOperations", 193, 194, kErrorsListApplicationOperations},
    {"ListApplicationSnapshots", 195, 196, kErrorsListApplicationSnapshots},
    {"ListApplicationVersions", 198, 199, kErrorsListApplicationVersions},
    {"ListApplications", 201, 202, kErrorsListApplications},
    {"ListSnapshotOperations", 204, 205, kErrorsListSnapshotOperations},
    {"ListSnapshots", 208, 209, kErrorsListSnapshots},
    {"ListTagsForResource", 210, 211, kErrorsListTagsForResource},
    {"RollbackApplication", 275, 276, kErrorsRollbackApplication},
    {"StartApplication", 331, 332, kErrorsStartApplication},
    {"StopApplication", 333, 334, kErrorsStopApplication},
    {"TagResource", 341, 342, kErrorsTagResource},
    {"UntagResource", 350, 351, kErrorsUntagResource},
    {"UpdateApplication", 354, 355, kErrorsUpdateApplication},
    {"UpdateApplicationMaintenanceConfiguration", 352, 353, kErrorsUpdateApplicationMaintenanceConfiguration},
};

}  // namespace

std::span<const Shape> AllShapes() { return kShapes; }
std::span<const Operation> AllOperations() { return kOperations; }
std::string_view TargetPrefix() { return "KinesisAnalytics_20180523"; }

}  // namespace sluice::service
