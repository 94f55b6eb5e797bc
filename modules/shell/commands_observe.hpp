// The commands that look at a system and turn its knobs. The shell has them among others; the
// module control has these, for `causeway sv` and the like on Linux.
#pragma once
#include "commands.hpp"

namespace shell {

inline constexpr Command kCell{
    .name = "cell",
    .usage = "ls|get|set|close [NAME]",
    .summary = "control cells: list them, show, set",
    .details = "  ls [PREFIX]      name, state, who has it, value, limits, owner\n"
               "  get NAME         the value as it is now\n"
               "  set NAME NUMBER  opens it, and keeps it; 8M is 8,000,000\n"
               "  close NAME       gives it back\n",
    .options = "ls get set close",
    .fewest = 1,
    .most = 3,
    .run = cells};
inline constexpr Command kKmemtop{
    .name = "kmemtop", .summary = "what the nucleus has allocated, and where", .run = kmemtop};
inline constexpr Command kSv{
    .name = "sv",
    .usage = "ls|get|watch|off|on [NAME]",
    .summary = "shared variables: list, show, watch",
    .details = "  ls [PREFIX]        name, state, who publishes it, schema\n"
               "  get NAME[.FIELD]   the value as it is now, or one field of it\n"
               "  watch NAME[.FIELD] [COUNT]\n"
               "                     the value, then each other one that it becomes: COUNT\n"
               "                     of them, or until Enter or Ctrl-C\n"
               "  off NAME, on NAME  readers are refused, and call the service instead; or not\n"
               "                     any more\n",
    .options = "ls get watch off on",
    .fewest = 1,
    .most = 3,
    .run = variables};
inline constexpr Command kTrace{
    .name = "trace",
    .usage = "start|stop|status|dump",
    .summary = "record what the system does",
    .details = "  start [POLICY] [RECORDS]  from now on, in rings of so many records (4096);\n"
               "                            POLICY of a full ring: overwrite (what is oldest),\n"
               "                            drop (what is new), block (for a reader)\n"
               "  stop                      no longer; what was recorded stays\n"
               "  dump                      shows what was recorded, in lines for tools\n"
               "  status                    whether it is on, and how much was recorded and lost\n",
    .options = "start stop status dump overwrite drop block",
    .fewest = 1,
    .most = 3,
    .run = trace};

} // namespace shell
