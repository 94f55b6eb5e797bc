// The control socket: what the nucleus of a system and the command `causeway` agree on. Private to
// hosted.
//
// A stream of messages (SOCK_SEQPACKET). Whoever connects sends one message: kGreeting and then the
// words of a command, each with a NUL behind it. The answer is any number of messages `output`, and
// one `status` or `refusal`; then the nucleus closes.
#pragma once
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace cw::hosted::control_socket {

/// The first word. Another version of this protocol has another one.
inline constexpr std::string_view kGreeting{"causeway-control-1\0", 19};
/// Of a message of who connects, the greeting included.
inline constexpr std::size_t kMaxRequestBytes = 1024 + kGreeting.size();

/// The first byte of each message of the nucleus.
enum class Reply : char {
    output = 'o',  ///< Then text, as it is to be shown.
    status = 's',  ///< Then one byte, what the command ended with. The last message.
    refusal = 'r', ///< Then text, why the command was not run, or not to its end. The last message.
};
inline constexpr std::size_t kMaxReplyBytes = 1 + 64 * 1024;

/// The folder in which each system of this user has a socket that is named like its process id.
/// Both sides find it in the same way; it need not be there.
inline std::string folder() {
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    struct stat about{};
    if (runtime != nullptr && runtime[0] == '/' && stat(runtime, &about) == 0 &&
        S_ISDIR(about.st_mode))
        return std::string{runtime} + "/causeway";
    return "/tmp/causeway-" + std::to_string(geteuid());
}

/// Whether a folder is what it should be: a directory of ours that nobody else can enter. One that
/// somebody else has made in its place could lead anywhere.
inline bool is_ours(const std::string& path) noexcept {
    struct stat about{};
    return lstat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode) &&
           about.st_uid == geteuid() && (about.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

} // namespace cw::hosted::control_socket
