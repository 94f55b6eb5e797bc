# One list of warnings for everything; they are errors.
add_library(cw_warnings INTERFACE)
add_library(cw::warnings ALIAS cw_warnings)
target_compile_options(
    cw_warnings
    INTERFACE $<$<COMPILE_LANGUAGE:CXX>:
              -Wall
              -Wextra
              -Wshadow
              -Wconversion
              -Wold-style-cast
              -Wcast-align
              -Wnon-virtual-dtor
              -Wsuggest-override
              -Wundef
              -Wvla
              -Werror>)
