// SPDX-License-Identifier: MIT
#pragma once

// Files that come from, or go to, somebody else. The system does it: files_posix.cpp or files_windows.cpp, whichever the
// build takes.

#include <rill/net/owned_handle.hpp>
#include <string>
#include <string_view>

namespace example {

/// Opens a plain file of the current folder for reading. Nothing, for whatever reason, if there is no such file that may
/// be read: the same for a path to elsewhere, a symbolic link, a folder, a pipe, a device.
[[nodiscard]] rill::owned_handle open_in_this_folder(std::string_view name);

/// Opens a file for reading. Throws std::system_error.
[[nodiscard]] rill::owned_handle open_to_read(const std::string& path);

/// Makes a file that was not there. Nothing if there is something of that name. Throws std::system_error.
[[nodiscard]] rill::owned_handle make_file(const std::string& path);

/// Makes a folder, unless it is there. Throws std::system_error.
void make_folder(const std::string& path);

/// Gives a file another name; what had that is replaced. Throws std::system_error.
void rename_file(const std::string& from, const std::string& to);
void remove_file(const std::string& path) noexcept;

/// Whether this can be the name of a file in a folder, on any system: no separator, drive or stream, nothing unprintable.
[[nodiscard]] inline bool is_plain_name(std::string_view name) {
    for (const char c : name)
        if (static_cast<unsigned char>(c) < ' ' || c == '/' || c == '\\' || c == ':') return false;
    return !name.empty() && name != "." && name != "..";
}

/// A file that is there only if all of it is: removed again unless it is kept.
class new_file {
  public:
    /// `folder/stem.ending`, or with a number behind the stem if there is such a file: none is ever overwritten.
    new_file(const std::string& folder, const std::string& stem, const std::string& ending) {
        make_folder(folder);
        const std::string begin = folder + "/" + stem;
        path_ = begin + ending;
        for (int number = 2; !(handle_ = make_file(path_)); ++number) {
            path_ = begin;
            path_.append("-").append(std::to_string(number)).append(ending);
        }
    }
    ~new_file() {
        handle_ = rill::owned_handle();
        if (!kept_) remove_file(path_);
    }
    new_file(const new_file&) = delete;
    new_file& operator=(const new_file&) = delete;

    [[nodiscard]] const rill::owned_handle& handle() const noexcept { return handle_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    void keep() noexcept { kept_ = true; }

  private:
    std::string path_;
    rill::owned_handle handle_;
    bool kept_ = false;
};

}  // namespace example
