// Statements about the catalog. All expected answers were printed by Apache Flink 2.3.
#include "engine/sql/session.h"

#include <gtest/gtest.h>

#include "engine/functions/function.h"

namespace sluice::engine::sql {
namespace {

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    ConnectorDescriptor datagen;
    datagen.name = "datagen";
    datagen.is_source = datagen.is_sink = true;
    datagen.source = [](const TableDescription&) -> Result<TableCapability> { return TableCapability{}; };
    datagen.sink = [](const TableDescription&) -> Result<TableCapability> {
      TableCapability capability;
      capability.accepts_any = true;
      return capability;
    };
    connectors_.Add(datagen);
    SessionEnvironment environment;
    environment.connectors = &connectors_;
    environment.functions = &BuiltinFunctions();
    environment.now_ms = [] { return int64_t{0}; };
    environment.random = [] { return uint64_t{1}; };
    session_ = std::make_unique<Session>(environment, OptionMap{});
  }

  void Ok(const std::string& statement) {
    auto result = session_->Execute(statement);
    EXPECT_TRUE(result.ok()) << statement << "\n" << (result.ok() ? "" : result.error().ToString());
  }

  /// Fields separated by '|', '-' for NULL; rows by newlines.
  std::string Rows(const std::string& statement) {
    auto result = session_->Execute(statement);
    if (!result.ok()) return result.error().message();
    std::string out;
    for (const auto& row : result->rows) {
      std::string line;
      for (const auto& field : row) line += (line.empty() ? "" : "|") + field.value_or("-");
      out += (out.empty() ? "" : "\n") + line;
    }
    return out;
  }

  /// The error's message; empty if there is none.
  std::string Fails(const std::string& statement) {
    auto result = session_->Execute(statement);
    return result.ok() ? "" : result.error().message();
  }

  ConnectorCatalog connectors_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionTest, DescribeShowsEveryKindOfColumn) {
  Ok("CREATE TABLE t (id INT NOT NULL COMMENT 'the id', ts TIMESTAMP(3), m BIGINT METADATA FROM 'k' VIRTUAL, c AS id + "
     "1, p AS PROCTIME(), "
     "x AS to_timestamp_ltz(id, 3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND, PRIMARY KEY (id) NOT ENFORCED) WITH "
     "('connector'='datagen')");
  EXPECT_EQ(Rows("DESCRIBE t"),
            "id|INT|FALSE|PRI(id)|-|-|the id\n"
            "ts|TIMESTAMP(3) *ROWTIME*|TRUE|-|-|`ts` - INTERVAL '1' SECOND|-\n"
            "m|BIGINT|TRUE|-|METADATA FROM 'k' VIRTUAL|-|-\n"
            "c|INT|FALSE|-|AS `id` + 1|-|-\n"
            "p|TIMESTAMP_LTZ(3) *PROCTIME*|FALSE|-|AS PROCTIME()|-|-\n"
            "x|TIMESTAMP_LTZ(3)|TRUE|-|AS `to_timestamp_ltz`(`id`, 3)|-|-");
  EXPECT_EQ(Rows("SHOW COLUMNS FROM t LIKE 't_'"), "ts|TIMESTAMP(3) *ROWTIME*|TRUE|-|-|`ts` - INTERVAL '1' SECOND|-");
  EXPECT_EQ(Fails("DESCRIBE nope"),
            "Tables or views with the identifier 'default_catalog.default_database.nope' doesn't exist.");
}

TEST_F(SessionTest, TypesBeyondTheLimitsAreClamped) {
  Ok("CREATE TABLE t (a DECIMAL(39, 2), b VARCHAR(0), c TIMESTAMP(10), d TIME(10), e VARCHAR, f VARBINARY, g CHAR) "
     "WITH ('connector'='datagen')");
  EXPECT_EQ(Rows("DESCRIBE t"),
            "a|DECIMAL(38, 2)|TRUE|-|-|-\nb|VARCHAR(0)|TRUE|-|-|-\nc|TIMESTAMP(9)|TRUE|-|-|-\nd|TIME(3)|TRUE|-|-|-\n"
            "e|STRING|TRUE|-|-|-\nf|BYTES|TRUE|-|-|-\ng|CHAR(1)|TRUE|-|-|-");
  EXPECT_EQ(Fails("CREATE TABLE u (a DECIMAL(5, 6)) WITH ('connector'='datagen')"),
            "Decimal scale must be between 0 and the precision 5 (both inclusive).");
}

TEST_F(SessionTest, ShowListsByPattern) {
  Ok("CREATE TABLE Orders_1 (a INT) WITH ('connector'='datagen')");
  Ok("CREATE TABLE orders_2 (a INT) WITH ('connector'='datagen')");
  Ok("CREATE TEMPORARY TABLE orders3 (a INT) WITH ('connector'='datagen')");
  Ok("CREATE VIEW v AS SELECT 1 AS x");
  EXPECT_EQ(Rows("SHOW TABLES"), "Orders_1\norders3\norders_2\nv");
  EXPECT_EQ(Rows("SHOW TABLES LIKE 'orders__'"), "orders_2");
  EXPECT_EQ(Rows("SHOW TABLES NOT LIKE '%orders%'"), "Orders_1\nv");
  EXPECT_EQ(Rows("SHOW FUNCTIONS ILIKE 'AB%'"), "abs");
  EXPECT_EQ(Rows("SHOW VIEWS"), "v");
  EXPECT_EQ(Fails("SHOW TABLES FROM nodb"), "Database 'default_catalog'.'nodb' doesn't exist.");
}

TEST_F(SessionTest, CatalogsAndDatabases) {
  Ok("CREATE CATALOG c1 COMMENT 'cat' WITH ('type'='generic_in_memory', 'default-database'='dd')");
  EXPECT_EQ(Rows("SHOW CATALOGS"), "c1\ndefault_catalog");
  EXPECT_EQ(
      Rows("SHOW CREATE CATALOG c1"),
      "CREATE CATALOG `c1`\nCOMMENT 'cat'\nWITH (\n  'default-database' = 'dd',\n  'type' = 'generic_in_memory'\n)\n");
  EXPECT_EQ(Rows("DESCRIBE CATALOG EXTENDED c1"),
            "name|c1\ntype|generic_in_memory\ncomment|cat\noption:default-database|dd");
  Ok("USE CATALOG c1");
  EXPECT_EQ(Rows("SHOW CURRENT DATABASE"), "dd");
  EXPECT_EQ(Fails("DROP DATABASE dd").find("Cannot drop a database which is currently in use"), 0u);
  Ok("USE default_catalog.default_database");
  Ok("DROP CATALOG c1");
  Ok("CREATE DATABASE db1");
  Ok("CREATE TABLE db1.t (a INT) WITH ('connector'='datagen')");
  EXPECT_EQ(Fails("DROP DATABASE db1"), "Database db1 in catalog default_catalog is not empty.");
  Ok("DROP DATABASE db1 CASCADE");
  EXPECT_EQ(Fails("USE nodb"), "A database with name [nodb] does not exist in the catalog: [default_catalog].");
}

TEST_F(SessionTest, LikeMergesByStrategy) {
  Ok("CREATE TABLE base (id INT, ts TIMESTAMP(3), up AS id + 1, PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) "
     "WITH ('connector'='datagen', 'a'='1')");
  Ok("CREATE TABLE l (extra INT, up AS id + 2) WITH ('a'='2') LIKE base (OVERWRITING GENERATED EXCLUDING WATERMARKS)");
  EXPECT_EQ(
      Rows("SHOW CREATE TABLE l"),
      "CREATE TABLE `default_catalog`.`default_database`.`l` (\n  `id` INT NOT NULL,\n  `ts` TIMESTAMP(3),\n  `up` AS "
      "`id` + 2,\n  `extra` INT,\n"
      "  CONSTRAINT `PK_id` PRIMARY KEY (`id`) NOT ENFORCED\n)\nWITH (\n  'a' = '2',\n  'connector' = 'datagen'\n)\n");
  EXPECT_EQ(Fails("CREATE TABLE m (up AS id) LIKE base"),
            "A generated column named 'up' already exists in the base table. You might want to specify EXCLUDING "
            "GENERATED or OVERWRITING GENERATED.");
  EXPECT_EQ(Fails("CREATE TABLE m WITH ('a'='2') LIKE base (INCLUDING OPTIONS)"),
            "There already exists an option ['a' -> '1']  in the base table. You might want to specify EXCLUDING "
            "OPTIONS or OVERWRITING OPTIONS.");
}

TEST_F(SessionTest, AlterTable) {
  Ok("CREATE TABLE dg (a INT, b STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='datagen')");
  Ok("ALTER TABLE dg ADD (c BIGINT COMMENT 'c', d AS a + 1 FIRST, e STRING AFTER a)");
  Ok("ALTER TABLE dg ADD PRIMARY KEY (a) NOT ENFORCED");
  Ok("ALTER TABLE dg MODIFY (e INT COMMENT 'ee' FIRST, c DOUBLE AFTER a)");
  EXPECT_EQ(
      Rows("SHOW CREATE TABLE dg"),
      "CREATE TABLE `default_catalog`.`default_database`.`dg` (\n  `e` INT COMMENT 'ee',\n  `d` AS `a` + 1,\n  `a` INT "
      "NOT NULL,\n"
      "  `c` DOUBLE COMMENT 'c',\n  `b` VARCHAR(2147483647),\n  `ts` TIMESTAMP(3),\n  WATERMARK FOR `ts` AS `ts`,\n"
      "  CONSTRAINT `PK_a` PRIMARY KEY (`a`) NOT ENFORCED\n)\nWITH (\n  'connector' = 'datagen'\n)\n");
  EXPECT_EQ(Fails("ALTER TABLE dg DROP a"),
            "Failed to execute ALTER TABLE statement.\nThe column `a` is referenced by computed column `d`.");
  EXPECT_EQ(Fails("ALTER TABLE dg DROP ts"),
            "Failed to execute ALTER TABLE statement.\nThe column `ts` is referenced by watermark expression.");
  EXPECT_EQ(Fails("ALTER TABLE dg RENAME a TO aa"),
            "Failed to execute ALTER TABLE statement.\nThe column `a` is referenced by computed column `d`.");
  Ok("ALTER TABLE dg DROP (c, e)");
  Ok("ALTER TABLE dg RENAME TO dg2");
  EXPECT_EQ(Rows("SHOW TABLES"), "dg2");
}

TEST_F(SessionTest, ViewsAreShownInFull) {
  Ok("CREATE TABLE t (id INT, nm STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='datagen')");
  const std::string t = "FROM `default_catalog`.`default_database`.`t` AS `t`";
  auto expanded = [&](const std::string& query) {
    Ok("CREATE VIEW v AS " + query);
    const std::string text = Rows("SHOW CREATE VIEW v");
    Ok("DROP VIEW v");
    return text.substr(text.find("\n)\nAS ") + 6);
  };
  EXPECT_EQ(expanded("SELECT * FROM t"), "SELECT `t`.`id`, `t`.`nm`, `t`.`ts`\n" + t + "\n");
  EXPECT_EQ(expanded("WITH q AS (SELECT id FROM t) SELECT * FROM q"),
            "WITH `q` AS (SELECT `t`.`id`\n" + t + ") SELECT `q`.`id`\nFROM `q` AS `q`\n");
  EXPECT_EQ(
      expanded("SELECT nm, COUNT(*) AS c FROM t WHERE id > 1 GROUP BY nm HAVING COUNT(*) > 1"),
      "SELECT `t`.`nm`, COUNT(*) AS `c`\n" + t + "\nWHERE `t`.`id` > 1\nGROUP BY `t`.`nm`\nHAVING COUNT(*) > 1\n");
  EXPECT_EQ(
      expanded("SELECT window_start, COUNT(*) c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' MINUTE)) GROUP "
               "BY window_start, window_end"),
      "SELECT `EXPR$0`.`window_start`, COUNT(*) AS `c`\nFROM TABLE(TUMBLE((SELECT `t`.`id`, `t`.`nm`, `t`.`ts`\n" + t +
          "), DESCRIPTOR(`ts`), INTERVAL '5' MINUTE)) AS `EXPR$0`\nGROUP BY `EXPR$0`.`window_start`, "
          "`EXPR$0`.`window_end`\n");
}

TEST_F(SessionTest, TemporaryObjectsGuardPermanentOnes) {
  Ok("CREATE TABLE t (perm INT) WITH ('connector'='datagen')");
  Ok("CREATE TEMPORARY VIEW t AS SELECT 'temp' AS kind");
  EXPECT_EQ(Rows("DESCRIBE t"), "kind|CHAR(4)|FALSE|-|-|-");
  Ok("DROP TABLE t");
  EXPECT_EQ(Fails("DROP VIEW t"),
            "Temporary view with identifier '`default_catalog`.`default_database`.`t`' exists. Drop it first before "
            "removing the permanent view.");
  Ok("DROP TEMPORARY VIEW t");
}

TEST_F(SessionTest, CreateTableAs) {
  Ok("CREATE TABLE s (id INT NOT NULL, k STRING) WITH ('connector'='datagen')");
  Ok("CREATE TABLE c1 (k, id) WITH ('connector'='datagen') AS SELECT id, k FROM s");
  EXPECT_EQ(Rows("DESCRIBE c1"), "k|STRING|TRUE|-|-|-\nid|INT|FALSE|-|-|-");
  Ok("CREATE TABLE c2 (id BIGINT, c AS id + 1, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector'='datagen') AS SELECT "
     "id, k FROM s");
  EXPECT_EQ(Rows("DESCRIBE c2"), "c|BIGINT|FALSE|-|AS `id` + 1|-\nid|BIGINT|FALSE|PRI(id)|-|-\nk|STRING|TRUE|-|-|-");
  EXPECT_NE(Fails("REPLACE TABLE nosuch WITH ('connector'='datagen') AS SELECT 1 AS x")
                .find("`nosuch` to be replaced doesn't exist"),
            std::string::npos);
  Ok("CREATE OR REPLACE TABLE c1 WITH ('connector'='datagen') AS SELECT 1 AS x");
  EXPECT_EQ(Rows("DESCRIBE c1"), "x|INT|FALSE|-|-|-");
}

TEST_F(SessionTest, ModulesAndFunctions) {
  EXPECT_EQ(Rows("SHOW FULL MODULES"), "core|TRUE");
  EXPECT_EQ(Fails("LOAD MODULE core"), "A module with name 'core' already exists");
  Ok("UNLOAD MODULE core");
  EXPECT_EQ(Rows("SHOW MODULES"), "");
  Ok("LOAD MODULE core");
  Ok("CREATE FUNCTION f1 AS 'com.example.F'");
  EXPECT_EQ(Rows("SHOW USER FUNCTIONS"), "f1");
  EXPECT_EQ(Fails("CREATE FUNCTION f1 AS 'com.example.F'"),
            "Function default_database.f1 already exists in Catalog default_catalog.");
  EXPECT_EQ(Fails("DROP TEMPORARY FUNCTION f1"),
            "Temporary catalog function `default_catalog`.`default_database`.`f1` doesn't exist");
  Ok("DROP FUNCTION f1");
}

}  // namespace
}  // namespace sluice::engine::sql
