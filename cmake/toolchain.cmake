# Compiler, linker and cache settings for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# Release keeps symbols out (they triple the compile time on 2 cores); Debug is for a debugger, Dev for the edit-test loop.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
# g++ 12 finds faults in its own std::string, optional and variant once it inlines them (GCC bugs 105329, 105651, 105562).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  string(APPEND CMAKE_CXX_FLAGS_RELEASE
         " -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-maybe-uninitialized")
endif()
set(CMAKE_CXX_FLAGS_DEV "-O0 -g1")
# x86-64-v2 is what every server of the last decade has; kernels that want more check at run time.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-march=x86-64-v2)
endif()
add_compile_options(-Wall -Wextra -Wpedantic -Wno-missing-field-initializers)
# g++ is the compiler whose warnings count; clang builds the fuzzers only.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options(-Werror)
endif()
if(SLUICE_SANITIZE)
  add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${SLUICE_SANITIZE})
  if(SLUICE_SANITIZE MATCHES "thread")
    # Boost.Asio's fences: the sanitizer does not follow them and says so.
    add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-tsan>)
  endif()
endif()

find_program(SLUICE_CCACHE ccache)
if(SLUICE_CCACHE)
  # base_dir and no hash_dir: a clone in another folder hits the same cache entries.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${SLUICE_CCACHE})
endif()
find_program(SLUICE_MOLD mold)
if(SLUICE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
enable_testing()
