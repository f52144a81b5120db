-- A metadata store as schema version 1 wrote it. Every later version must open it; never edit.
CREATE TABLE applications (
      name TEXT PRIMARY KEY, arn TEXT NOT NULL, mode TEXT NOT NULL, status TEXT NOT NULL, version INTEGER NOT NULL,
      created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, maintenance_start TEXT NOT NULL,
      run_configuration TEXT NOT NULL) STRICT;
CREATE TABLE versions (
      name TEXT NOT NULL REFERENCES applications(name) ON DELETE CASCADE, version INTEGER NOT NULL,
      created_ms INTEGER NOT NULL, updated_from INTEGER NOT NULL, detail TEXT NOT NULL,
      PRIMARY KEY (name, version)) STRICT, WITHOUT ROWID;
CREATE TABLE tags (
      name TEXT NOT NULL REFERENCES applications(name) ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (name, key)) STRICT, WITHOUT ROWID;
CREATE TABLE operations (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL REFERENCES applications(name) ON DELETE CASCADE, id TEXT NOT NULL, operation TEXT NOT NULL,
      status TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, version_from INTEGER NOT NULL,
      version_to INTEGER NOT NULL, error TEXT NOT NULL, UNIQUE (name, id)) STRICT;
INSERT INTO applications VALUES('orders','arn:aws:kinesisanalytics:us-east-1:123456789012:application/orders','STREAMING','RUNNING',2,1700000000123,1700000100456,'03:00','{"FlinkRunConfigurationDescription":{"AllowNonRestoredState":false}}');
INSERT INTO versions VALUES('orders',1,1700000000123,0,'{"format":1,"runtime":"FLINK-2_3"}');
INSERT INTO versions VALUES('orders',2,1700000100456,1,'{"format":1,"runtime":"FLINK-2_3","code_file":"a.sql"}');
INSERT INTO tags VALUES('orders','team','data');
INSERT INTO operations VALUES(1,'orders','0123','StartApplication','SUCCESSFUL',1700000050000,1700000051000,1,1,'');
PRAGMA user_version = 1;
