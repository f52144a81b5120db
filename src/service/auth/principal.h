// Who makes a request.
#pragma once

#include <string>

namespace sluice::service {

/// Empty in all parts when authentication is off.
struct Principal {
  std::string name;           // as the credentials file names it
  std::string access_key_id;  // the key that signed the request

  bool known() const { return !access_key_id.empty(); }
};

}  // namespace sluice::service
