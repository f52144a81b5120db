#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

std::optional<ShowKind> Parser::ParseShowKind() {
  if (Accept("CATALOGS")) return ShowKind::kCatalogs;
  if (Accept("DATABASES")) return ShowKind::kDatabases;
  if (Accept("TABLES")) return ShowKind::kTables;
  if (Accept("VIEWS")) return ShowKind::kViews;
  if (Accept("COLUMNS")) return ShowKind::kColumns;
  if (Accept("FUNCTIONS")) return ShowKind::kFunctions;
  if (Accept("PROCEDURES")) return ShowKind::kProcedures;
  if (Accept("MODULES")) return ShowKind::kModules;
  if (Accept("PARTITIONS")) return ShowKind::kPartitions;
  if (Accept("MODELS")) return ShowKind::kModels;
  if (Accept("CONNECTIONS")) return ShowKind::kConnections;
  if (Accept("JARS")) return ShowKind::kJars;
  if (Accept("JOBS")) return ShowKind::kJobs;
  if (AcceptBoth("MATERIALIZED", "TABLES")) return ShowKind::kMaterializedTables;
  if (AcceptBoth("USER", "FUNCTIONS")) return ShowKind::kUserFunctions;
  if (AcceptBoth("FULL", "MODULES")) return ShowKind::kFullModules;
  if (Accept("CURRENT")) {
    if (Accept("CATALOG")) return ShowKind::kCurrentCatalog;
    if (Accept("DATABASE")) return ShowKind::kCurrentDatabase;
  } else if (Accept("CREATE")) {
    if (Accept("TABLE")) return ShowKind::kCreateTable;
    if (Accept("VIEW")) return ShowKind::kCreateView;
    if (Accept("CATALOG")) return ShowKind::kCreateCatalog;
    if (Accept("MODEL")) return ShowKind::kCreateModel;
    if (Accept("CONNECTION")) return ShowKind::kCreateConnection;
    if (AcceptBoth("OR", "ALTER")) {
      if (!At("MATERIALIZED")) Expect("MATERIALIZED");
    }
    if (AcceptBoth("MATERIALIZED", "TABLE")) return ShowKind::kCreateMaterializedTable;
  }
  Unexpected();
  return std::nullopt;
}

namespace {

/// Those that take FROM or IN and LIKE.
bool ListsObjects(ShowKind kind) {
  switch (kind) {
    case ShowKind::kDatabases:
    case ShowKind::kTables:
    case ShowKind::kViews:
    case ShowKind::kMaterializedTables:
    case ShowKind::kFunctions:
    case ShowKind::kUserFunctions:
    case ShowKind::kProcedures:
    case ShowKind::kModels:
    case ShowKind::kConnections:
    case ShowKind::kColumns: return true;
    default: return false;
  }
}

}  // namespace

void Parser::ParseShowName(ShowStatement* show) {
  switch (show->show) {
    case ShowKind::kCreateTable:
    case ShowKind::kCreateView:
    case ShowKind::kCreateCatalog:
    case ShowKind::kCreateModel:
    case ShowKind::kCreateConnection:
    case ShowKind::kCreateMaterializedTable: show->name = ParseCompoundName(); return;
    case ShowKind::kPartitions:
      show->name = ParseCompoundName();
      if (Accept("PARTITION")) show->partition = ParsePartitionSpec(true);
      return;
    default: break;
  }
  if (!ListsObjects(show->show)) return;
  if (Accept("FROM")) {
    show->preposition = "FROM";
  } else if (Accept("IN")) {
    show->preposition = "IN";
  } else if (show->show == ShowKind::kColumns) {
    return Unexpected();
  }
  if (!show->preposition.empty()) show->name = ParseCompoundName();
}

void Parser::ParseShowLike(ShowStatement* show) {
  if (show->show != ShowKind::kCatalogs && !ListsObjects(show->show)) return;
  show->negated = Accept("NOT");
  const bool with_case = show->show == ShowKind::kTables || show->show == ShowKind::kViews ||
                         show->show == ShowKind::kColumns || show->show == ShowKind::kMaterializedTables ||
                         show->show == ShowKind::kModels;
  if (!with_case && Accept("ILIKE")) {
    show->ilike = true;
  } else if (show->negated) {
    Expect("LIKE");
  } else if (!Accept("LIKE")) {
    return;
  }
  show->like = true;
  show->pattern = ParseString();
}

StatementPtr Parser::ParseShow() {
  auto show = New<ShowStatement>();
  Expect("SHOW");
  std::optional<ShowKind> kind = ParseShowKind();
  if (!kind) return nullptr;
  show->show = *kind;
  ParseShowName(show.get());
  ParseShowLike(show.get());
  return show;
}

StatementPtr Parser::ParseDescribe() {
  auto describe = New<DescribeStatement>();
  Advance();
  // CATALOG, DATABASE and so on are also names: they are keywords if something follows.
  bool more = AtIdentifier(1) || At("EXTENDED", 1) || Peek(1).kind == TokenKind::kString;
  if (At("JOB") && more) {
    Advance();
    describe->describe = DescribeKind::kJob;
    describe->job = ParseString();
    return describe;
  }
  auto keyword = [&](Word word, DescribeKind kind) {
    if (!At(word) || !more) return;
    Advance();
    describe->describe = kind;
  };
  if (At("CATALOG")) {
    keyword("CATALOG", DescribeKind::kCatalog);
  } else if (At("DATABASE")) {
    keyword("DATABASE", DescribeKind::kDatabase);
  } else if (At("MODEL")) {
    keyword("MODEL", DescribeKind::kModel);
  } else if (At("CONNECTION")) {
    keyword("CONNECTION", DescribeKind::kConnection);
  } else if (Accept("FUNCTION")) {
    describe->describe = DescribeKind::kFunction;
  }
  describe->extended = Accept("EXTENDED");
  describe->name = ParseCompoundName();
  return describe;
}

StatementPtr Parser::ParseUse() {
  Expect("USE");
  if (At("CATALOG") && AtIdentifier(1)) {
    Advance();
    auto use = New<ObjectStatement>(StatementKind::kUseCatalog);
    use->name = ParseCompoundName();
    return use;
  }
  if (Accept("MODULES")) {
    auto use = New<UseModulesStatement>();
    do {
      use->modules.push_back(ParseIdentifier());
    } while (Accept(Symbol::kComma));
    return use;
  }
  auto use = New<ObjectStatement>(StatementKind::kUse);
  use->name = ParseCompoundName();
  return use;
}

}  // namespace sluice::engine::sql
