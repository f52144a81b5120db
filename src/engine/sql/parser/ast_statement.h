// Statements. Switch over Statement::kind and static_cast to the struct named beside the enumerator.
#pragma once

#include "engine/sql/parser/ast_query.h"

namespace sluice::engine::ast {

enum class StatementKind : uint8_t {
  kQuery,                  ///< QueryStatement
  kInsert,                 ///< InsertStatement
  kUpdate,                 ///< UpdateStatement
  kDelete,                 ///< DeleteStatement
  kTruncate,               ///< ObjectStatement
  kStatementSet,           ///< StatementSetStatement: [EXECUTE] STATEMENT SET BEGIN ... END
  kBeginSet,               ///< Statement: BEGIN STATEMENT SET on its own
  kEndSet,                 ///< Statement: END on its own
  kExecute,                ///< WrappedStatement: EXECUTE <query or insert>
  kCompilePlan,            ///< PlanStatement: COMPILE PLAN 'file' [IF NOT EXISTS] FOR <statement>
  kExecutePlan,            ///< PlanStatement: EXECUTE PLAN 'file'
  kCompileAndExecutePlan,  ///< PlanStatement
  kExplain,                ///< ExplainStatement

  kCreateTable,              ///< CreateTableStatement
  kCreateView,               ///< CreateViewStatement
  kCreateCatalog,            ///< CreateObjectStatement
  kCreateDatabase,           ///< CreateObjectStatement
  kCreateFunction,           ///< CreateFunctionStatement
  kCreateModel,              ///< CreateModelStatement
  kCreateMaterializedTable,  ///< CreateMaterializedTableStatement
  kCreateConnection,         ///< CreateObjectStatement

  kAlterTable,              ///< AlterTableStatement
  kAlterView,               ///< AlterViewStatement
  kAlterCatalog,            ///< AlterObjectStatement
  kAlterDatabase,           ///< AlterObjectStatement
  kAlterModel,              ///< AlterObjectStatement
  kAlterConnection,         ///< AlterObjectStatement
  kAlterFunction,           ///< CreateFunctionStatement (if_exists)
  kAlterMaterializedTable,  ///< AlterMaterializedTableStatement

  kDropTable,
  kDropView,
  kDropCatalog,
  kDropDatabase,
  kDropFunction,
  kDropModel,
  kDropConnection,
  kDropMaterializedTable,  ///< all: DropStatement

  kShow,          ///< ShowStatement
  kDescribe,      ///< DescribeStatement
  kUse,           ///< ObjectStatement: USE db
  kUseCatalog,    ///< ObjectStatement
  kUseModules,    ///< UseModulesStatement
  kLoadModule,    ///< ModuleStatement
  kUnloadModule,  ///< ModuleStatement
  kSet,           ///< SetStatement
  kReset,         ///< SetStatement
  kAddJar,        ///< JarStatement
  kRemoveJar,     ///< JarStatement
  kStopJob,       ///< StopJobStatement
  kAnalyzeTable,  ///< AnalyzeTableStatement
  kCall,          ///< CallStatement
};

struct Statement : Node {
  explicit Statement(StatementKind k) : kind(k) {}
  virtual ~Statement() = default;
  const StatementKind kind;
  std::string text;  ///< the statement as written, without the closing ';'
};

struct QueryStatement : Statement {
  QueryStatement() : Statement(StatementKind::kQuery) {}
  QueryPtr query;
};

/// PARTITION (a = 'x', b): a column without a value is a dynamic partition or a bare name of ANALYZE.
struct PartitionItem {
  Identifier column;
  ExprPtr value;  ///< a literal; may be null
};
using PartitionSpec = std::vector<PartitionItem>;

struct InsertStatement : Statement {
  InsertStatement() : Statement(StatementKind::kInsert) {}
  CompoundName target;
  std::vector<Hint> hints;
  bool overwrite = false;
  bool upsert = false;
  PartitionSpec partition;
  bool has_partition = false;
  std::vector<CompoundName> columns;  ///< empty: not written
  bool has_columns = false;
  QueryPtr query;
  /// INSERT ... ON CONFLICT DO ERROR | NOTHING | DEDUPLICATE; empty if not written.
  std::string on_conflict;
};

struct UpdateStatement : Statement {
  UpdateStatement() : Statement(StatementKind::kUpdate) {}
  CompoundName target;
  std::optional<Identifier> alias;
  struct Assignment {
    CompoundName column;
    ExprPtr value;
  };
  std::vector<Assignment> assignments;
  ExprPtr where;
};

struct DeleteStatement : Statement {
  DeleteStatement() : Statement(StatementKind::kDelete) {}
  CompoundName target;
  std::optional<Identifier> alias;
  ExprPtr where;
};

/// A statement that only names an object: TRUNCATE TABLE t, USE db, USE CATALOG c.
struct ObjectStatement : Statement {
  explicit ObjectStatement(StatementKind k) : Statement(k) {}
  CompoundName name;
};

struct StatementSetStatement : Statement {
  StatementSetStatement() : Statement(StatementKind::kStatementSet) {}
  std::vector<StatementPtr> statements;  ///< InsertStatements
  bool execute = true;                   ///< false: `BEGIN STATEMENT SET; ... END;` or an EXPLAIN STATEMENT SET
};

struct WrappedStatement : Statement {
  explicit WrappedStatement(StatementKind k) : Statement(k) {}
  StatementPtr statement;
};

struct PlanStatement : Statement {
  explicit PlanStatement(StatementKind k) : Statement(k) {}
  StringValue file;
  bool if_not_exists = false;
  StatementPtr statement;  ///< an insert or a statement set; null for EXECUTE PLAN
};

struct ExplainStatement : Statement {
  ExplainStatement() : Statement(StatementKind::kExplain) {}
  std::vector<std::string> details;  ///< ESTIMATED_COST, CHANGELOG_MODE, JSON_EXECUTION_PLAN, PLAN_ADVICE; upper case
  bool plan_for = false;             ///< EXPLAIN PLAN FOR
  StatementPtr statement;
};

// ---- CREATE ----

enum class ColumnKind : uint8_t { kPhysical, kComputed, kMetadata };
enum class ConstraintKind : uint8_t { kPrimaryKey, kUnique };

struct Constraint : Node {
  ConstraintKind kind = ConstraintKind::kPrimaryKey;
  std::optional<Identifier> name;
  std::vector<Identifier> columns;  ///< for a column constraint: that column
  bool table_constraint = true;     ///< false: written behind a column
  std::optional<bool> enforced;     ///< nothing: neither ENFORCED nor NOT ENFORCED was written
};

enum class ColumnPlace : uint8_t { kNone, kFirst, kAfter };

struct ColumnDef : Node {
  ColumnKind kind = ColumnKind::kPhysical;
  CompoundName name;  ///< more than one part only in ALTER TABLE (a nested column)
  TypePtr type;       ///< physical and metadata columns; null also for a bare name in CREATE TABLE (a, b) AS
  ExprPtr expr;       ///< computed column
  std::optional<StringValue> metadata_key;  ///< METADATA FROM 'key'
  bool is_virtual = false;                  ///< METADATA VIRTUAL
  std::optional<Constraint> constraint;
  std::optional<StringValue> comment;
  ColumnPlace place = ColumnPlace::kNone;  ///< ALTER TABLE: FIRST, AFTER x
  CompoundName after;
};

struct WatermarkDef : Node {
  CompoundName column;
  ExprPtr expr;
};

enum class DistributionKind : uint8_t { kUnknown, kHash, kRange };

/// DISTRIBUTED [BY [HASH|RANGE] (columns)] [INTO n BUCKETS].
struct Distribution : Node {
  DistributionKind kind = DistributionKind::kUnknown;
  std::vector<Identifier> columns;
  std::optional<int64_t> buckets;
};

enum class LikeStrategy : uint8_t { kIncluding, kExcluding, kOverwriting };

/// LIKE t (INCLUDING ALL ...): feature is ALL, CONSTRAINTS, DISTRIBUTION, GENERATED, METADATA, OPTIONS, PARTITIONS or
/// WATERMARKS.
struct LikeOption : Node {
  LikeStrategy strategy = LikeStrategy::kIncluding;
  std::string feature;
};

struct LikeClause : Node {
  CompoundName table;
  std::vector<LikeOption> options;
};

/// What stands between the parentheses of CREATE TABLE t (...).
struct TableSchema : Node {
  bool written = false;
  std::vector<ColumnDef> columns;
  std::vector<Constraint> constraints;  ///< table constraints only; column constraints are at their columns
  std::vector<WatermarkDef> watermarks;
};

struct CreateTableStatement : Statement {
  CreateTableStatement() : Statement(StatementKind::kCreateTable) {}
  CompoundName name;
  bool temporary = false;
  bool or_replace = false;
  bool replace_only = false;  ///< REPLACE TABLE (or_replace is set too): the table must exist
  bool if_not_exists = false;
  TableSchema schema;
  std::optional<StringValue> comment;
  std::optional<Distribution> distribution;
  std::vector<Identifier> partition_keys;
  std::vector<Property> options;
  bool has_options = false;
  std::optional<LikeClause> like;
  QueryPtr as_query;  ///< CREATE TABLE AS; may be null
};

struct CreateViewStatement : Statement {
  CreateViewStatement() : Statement(StatementKind::kCreateView) {}
  CompoundName name;
  bool temporary = false;
  bool or_replace = false;
  bool if_not_exists = false;
  std::vector<Identifier> columns;
  std::optional<StringValue> comment;
  QueryPtr query;
};

/// CREATE CATALOG, DATABASE, CONNECTION.
struct CreateObjectStatement : Statement {
  explicit CreateObjectStatement(StatementKind k) : Statement(k) {}
  CompoundName name;
  bool temporary = false;
  bool system = false;
  bool if_not_exists = false;
  std::optional<StringValue> comment;
  std::vector<Property> options;
};

/// CREATE FUNCTION and ALTER FUNCTION.
struct CreateFunctionStatement : Statement {
  explicit CreateFunctionStatement(StatementKind k) : Statement(k) {}
  CompoundName name;
  bool temporary = false;
  bool system = false;
  bool or_replace = false;
  bool if_not_exists = false;
  bool if_exists = false;  ///< ALTER
  StringValue class_name;
  std::string language;  ///< JAVA, SCALA, SQL, PYTHON or empty
  struct Resource {
    std::string type;  ///< JAR
    StringValue path;
  };
  std::vector<Resource> resources;
  std::vector<Property> options;  ///< WITH (...)
};

struct CreateModelStatement : Statement {
  CreateModelStatement() : Statement(StatementKind::kCreateModel) {}
  CompoundName name;
  bool temporary = false;
  bool or_replace = false;
  bool if_not_exists = false;
  std::vector<ColumnDef> inputs;
  std::vector<ColumnDef> outputs;
  std::optional<StringValue> comment;
  std::vector<Property> options;
  QueryPtr as_query;
};

struct CreateMaterializedTableStatement : Statement {
  CreateMaterializedTableStatement() : Statement(StatementKind::kCreateMaterializedTable) {}
  CompoundName name;
  bool or_alter = false;
  TableSchema schema;
  std::optional<StringValue> comment;
  std::optional<Distribution> distribution;
  std::vector<Identifier> partition_keys;
  std::vector<Property> options;
  ExprPtr freshness;         ///< INTERVAL literal; may be null
  std::string refresh_mode;  ///< FULL, CONTINUOUS or empty
  QueryPtr query;
};

// ---- ALTER, DROP ----

enum class AlterTableAction : uint8_t {
  kRename,        ///< new_name
  kSetOptions,    ///< options
  kResetOptions,  ///< keys
  kAddSchema,     ///< schema, distribution
  kModifySchema,  ///< schema, distribution
  kRenameColumn,  ///< column, new_name
  kDropColumns,   ///< columns
  kDropPrimaryKey,
  kDropConstraint,  ///< constraint
  kDropWatermark,
  kAddDistribution,     ///< distribution
  kModifyDistribution,  ///< distribution
  kDropDistribution,
  kAddPartitions,   ///< partitions, if_not_exists
  kDropPartitions,  ///< partitions, partition_if_exists
};

struct AlterTableStatement : Statement {
  AlterTableStatement() : Statement(StatementKind::kAlterTable) {}
  CompoundName name;
  bool if_exists = false;
  AlterTableAction action = AlterTableAction::kRename;
  CompoundName new_name;
  std::vector<Property> options;
  std::vector<StringValue> keys;
  TableSchema schema;
  std::optional<Distribution> distribution;
  CompoundName column;
  std::vector<CompoundName> columns;
  Identifier constraint;
  struct Partition {
    PartitionSpec spec;
    std::vector<Property> options;
  };
  std::vector<Partition> partitions;
  bool if_not_exists = false;
  bool partition_if_exists = false;
};

struct AlterViewStatement : Statement {
  AlterViewStatement() : Statement(StatementKind::kAlterView) {}
  CompoundName name;
  bool if_exists = false;
  CompoundName new_name;  ///< RENAME TO; else query
  QueryPtr query;
};

enum class AlterObjectAction : uint8_t { kSet, kReset, kComment, kRename };

/// ALTER CATALOG, DATABASE, MODEL, CONNECTION.
struct AlterObjectStatement : Statement {
  explicit AlterObjectStatement(StatementKind k) : Statement(k) {}
  CompoundName name;
  bool temporary = false;
  bool system = false;
  bool if_exists = false;
  AlterObjectAction action = AlterObjectAction::kSet;
  std::vector<Property> options;
  std::vector<StringValue> keys;
  StringValue comment;
  CompoundName new_name;
};

/// For a clear refusal: the words of the action, e.g. "SUSPEND".
struct AlterMaterializedTableStatement : Statement {
  AlterMaterializedTableStatement() : Statement(StatementKind::kAlterMaterializedTable) {}
  CompoundName name;
  std::string action;
  std::vector<Property> options;
  QueryPtr query;
};

struct DropStatement : Statement {
  explicit DropStatement(StatementKind k) : Statement(k) {}
  CompoundName name;
  bool temporary = false;
  bool system = false;  ///< DROP TEMPORARY SYSTEM FUNCTION
  bool if_exists = false;
  bool cascade = false;   ///< DROP DATABASE ... CASCADE
  bool restrict = false;  ///< RESTRICT was written (it is the default)
};

// ---- SHOW, DESCRIBE, session ----

enum class ShowKind : uint8_t {
  kCatalogs,
  kCurrentCatalog,
  kDatabases,
  kCurrentDatabase,
  kTables,
  kMaterializedTables,
  kViews,
  kColumns,
  kFunctions,
  kUserFunctions,
  kProcedures,
  kModules,
  kFullModules,
  kPartitions,
  kModels,
  kConnections,
  kJars,
  kJobs,
  kCreateTable,
  kCreateView,
  kCreateMaterializedTable,
  kCreateCatalog,
  kCreateModel,
  kCreateConnection,
};

struct ShowStatement : Statement {
  ShowStatement() : Statement(StatementKind::kShow) {}
  ShowKind show = ShowKind::kTables;
  std::string preposition;  ///< FROM, IN or empty
  CompoundName name;        ///< behind the preposition, or the object of SHOW CREATE / PARTITIONS
  bool like = false;        ///< LIKE or ILIKE was written
  bool ilike = false;
  bool negated = false;
  StringValue pattern;
  PartitionSpec partition;  ///< SHOW PARTITIONS t PARTITION (...)
};

enum class DescribeKind : uint8_t { kTable, kCatalog, kDatabase, kJob, kModel, kFunction, kConnection };

struct DescribeStatement : Statement {
  DescribeStatement() : Statement(StatementKind::kDescribe) {}
  DescribeKind describe = DescribeKind::kTable;
  bool extended = false;
  CompoundName name;
  StringValue job;
};

struct UseModulesStatement : Statement {
  UseModulesStatement() : Statement(StatementKind::kUseModules) {}
  std::vector<Identifier> modules;
};

struct ModuleStatement : Statement {
  explicit ModuleStatement(StatementKind k) : Statement(k) {}
  Identifier name;
  std::vector<Property> options;
};

/// SET 'k' = 'v', SET k = v (bare: as the SQL client takes it), SET alone (lists); RESET 'k', RESET alone.
struct SetStatement : Statement {
  explicit SetStatement(StatementKind k) : Statement(k) {}
  std::optional<StringValue> key;
  std::optional<StringValue> value;
};

struct JarStatement : Statement {
  explicit JarStatement(StatementKind k) : Statement(k) {}
  StringValue path;
};

struct StopJobStatement : Statement {
  StopJobStatement() : Statement(StatementKind::kStopJob) {}
  StringValue job;
  bool with_savepoint = false;
  bool with_drain = false;
};

struct AnalyzeTableStatement : Statement {
  AnalyzeTableStatement() : Statement(StatementKind::kAnalyzeTable) {}
  CompoundName name;
  PartitionSpec partition;
  bool all_columns = false;
  std::vector<Identifier> columns;
};

struct CallStatement : Statement {
  CallStatement() : Statement(StatementKind::kCall) {}
  ExprPtr call;  ///< a CallExpr
};

}  // namespace sluice::engine::ast
