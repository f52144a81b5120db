// Seeds that a fuzz program makes itself, where they are bytes that no text file holds: `PROGRAM --write-seeds FOLDER`
// writes them and ends; scripts/fuzz.py calls it so.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

struct FuzzSeed {
  std::string name;  // of its file
  std::string bytes;
};

/// For LLVMFuzzerInitialize: does nothing unless the program is called as above. `make` answers std::vector<FuzzSeed>.
template <typename Make>
void WriteFuzzSeedsIfAsked(int argc, char** argv, const Make& make) {
  if (argc != 3 || std::string_view(argv[1]) != "--write-seeds") return;
  bool written = true;
  for (const FuzzSeed& seed : make()) {
    std::ofstream file(std::string(argv[2]) + "/" + seed.name, std::ios::binary);
    file.write(seed.bytes.data(), static_cast<std::streamsize>(seed.bytes.size()));
    written = written && !seed.bytes.empty() && file.flush().good();
  }
  std::exit(written ? EXIT_SUCCESS : EXIT_FAILURE);
}

}  // namespace sluice
