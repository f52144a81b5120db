#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "engine/functions/row_call.h"
#include "engine/functions/signature_rules.h"

namespace sluice::engine {

namespace {

/// The digest in lower-case hex.
void SetDigest(const RowCall& call, const EVP_MD* algorithm) {
  const std::string_view s = call.string(0);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_Digest(s.data(), s.size(), digest.data(), &size, algorithm, nullptr);
  constexpr char kHex[] = "0123456789abcdef";
  char* out = call.out.AllocateBytes(size_t{size} * 2);
  for (unsigned int i = 0; i < size; ++i) {
    out[2 * i] = kHex[digest[i] >> 4];
    out[2 * i + 1] = kHex[digest[i] & 15];
  }
  call.SetPart({out, size_t{size} * 2});
}

void Sha2(const RowCall& call) {
  switch (call.integer(1)) {
    case 224: return SetDigest(call, EVP_sha224());
    case 256: return SetDigest(call, EVP_sha256());
    case 384: return SetDigest(call, EVP_sha384());
    case 512: return SetDigest(call, EVP_sha512());
    default:
      return call.Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("SHA2: Unsupported algorithm. The length must be 224, 256, 384 or 512, not {}", call.integer(1)));
  }
}

}  // namespace

void AddHashFunctions(FunctionRegistry& r) {
  using enum ArgKind;
  struct Algorithm {
    const char* name;
    const EVP_MD* (*digest)();
    int hex_digits;
    const char* of_a;
  };
  const Algorithm all[] = {
      {"MD5", EVP_md5, 32, "0cc175b9c0f1b6a831c399e269772661"},
      {"SHA1", EVP_sha1, 40, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
      {"SHA224", EVP_sha224, 56, "abd37534c7d9a2efb9465de931cd7055ffdb8879563ae98078d6d6d5"},
      {"SHA256", EVP_sha256, 64, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
      {"SHA384", EVP_sha384, 96,
       "54a59b9f22b0b80880d8427e548b7c23abd873486e1f035dce9cd697e85175033caa88e6d57bc35efae0b5afd3145f31"},
      {"SHA512", EVP_sha512, 128,
       "1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12c"
       "fc7"
       "957b2652fe9a75"},
  };
  for (const Algorithm& a : all) {
    ScalarFunction f;
    f.name = a.name;
    f.family = "hash";
    f.text = fmt::format("The {} digest as {} hexadecimal digits.", a.name, a.hex_digits);
    f.examples = {fmt::format("{}('a') = {}", a.name, a.of_a)};
    f.min_args = f.max_args = 1;
    f.supported_forms = "'" + f.name + "(<STRING>)'";
    f.resolve = ResolveForms(f.name, {{{kCharacterOrBinary}}}, Returns(DataType::Char(a.hex_digits)));
    f.make = [digest = a.digest](const CallInfo&, const DataType&) -> Result<Kernel> {
      return EachRow([digest](const RowCall& call) { SetDigest(call, digest()); });
    };
    r.Add(std::move(f));
  }
  ScalarFunction sha2;
  sha2.name = "SHA2";
  sha2.family = "hash";
  sha2.text = "The SHA-2 digest of 224, 256, 384 or 512 bits in hexadecimal digits.";
  sha2.examples = {"SHA2('a', 256) = ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"};
  sha2.min_args = sha2.max_args = 2;
  sha2.supported_forms = "'SHA2(<STRING>, <INTEGER>)'";
  sha2.resolve = ResolveForms("SHA2", {{{kCharacterOrBinary, kInteger}}}, Returns(DataType::Varchar(128)));
  sha2.make = MakeEachRow(Sha2);
  r.Add(std::move(sha2));
}

}  // namespace sluice::engine
