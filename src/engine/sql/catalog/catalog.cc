#include "engine/sql/catalog/catalog.h"

#include <algorithm>
#include <cctype>

namespace sluice::engine::sql {

Catalog::Catalog() { catalogs["default_catalog"].databases["default_database"]; }

ObjectPath Catalog::Qualify(const std::vector<std::string>& parts) const {
  switch (parts.size()) {
    case 0: return {current_catalog, current_database, ""};
    case 1: return {current_catalog, current_database, parts[0]};
    case 2: return {current_catalog, parts[0], parts[1]};
    default: return {parts[0], parts[1], parts[2]};
  }
}

CatalogTablePtr Catalog::FindTable(const ObjectPath& path) const {
  if (auto it = temporary_tables.find(path); it != temporary_tables.end()) return it->second;
  const CatalogDatabase* database = FindDatabase(path.catalog, path.database);
  if (database == nullptr) return nullptr;
  auto it = database->tables.find(path.name);
  return it == database->tables.end() ? nullptr : it->second;
}

const CatalogDatabase* Catalog::FindDatabase(const std::string& catalog, const std::string& database) const {
  auto c = catalogs.find(catalog);
  if (c == catalogs.end()) return nullptr;
  auto d = c->second.databases.find(database);
  return d == c->second.databases.end() ? nullptr : &d->second;
}

CatalogDatabase* Catalog::FindDatabase(const std::string& catalog, const std::string& database) {
  return const_cast<CatalogDatabase*>(static_cast<const Catalog*>(this)->FindDatabase(catalog, database));
}

std::string Catalog::NearestTable(const ObjectPath& path) const {
  std::vector<std::string> names;
  if (const CatalogDatabase* database = FindDatabase(path.catalog, path.database)) {
    for (const auto& [name, table] : database->tables) names.push_back(name);
  }
  for (const auto& [other, table] : temporary_tables) {
    if (other.catalog == path.catalog && other.database == path.database) names.push_back(other.name);
  }
  return NearestName(path.name, names);
}

namespace {

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same =
          std::tolower(static_cast<unsigned char>(a[i - 1])) == std::tolower(static_cast<unsigned char>(b[j - 1]));
      const size_t next = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1)});
      diagonal = row[j];
      row[j] = next;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string NearestName(std::string_view name, const std::vector<std::string>& names) {
  std::string best;
  size_t best_distance = name.size() / 3 + 1;
  for (const std::string& candidate : names) {
    const size_t distance = EditDistance(name, candidate);
    if (distance <= best_distance && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace sluice::engine::sql
