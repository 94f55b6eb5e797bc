// What peers can write of the structures of core/, for Fetches: which of it is content, and which
// words are looked at again, and why that is safe. Every exemption of the tests DoubleFetch stands
// here, or in the test itself.
#pragma once
#include "fetches.hpp"

#include <cw/core/ring.hpp>
#include <gtest/gtest.h>

namespace cw::test {

inline void expect_none(const Fetches& fetches) {
    const std::vector<std::string> found = fetches.findings();
    if (!found.empty())
        ADD_FAILURE() << found.size() << " findings, the first: " << found[0];
}

/// The words of a ring's producer, seen by its consumer.
inline void
name_fields(Fetches& fetches, const std::string& whose, const ProducerWords<NativeSync>& words) {
    fetches.again(whose + ".tail",
                  &words.tail,
                  sizeof words.tail,
                  "polled; available() and unchecked() compare what they loaded with the capacity, "
                  "and their caller uses that count");
    fetches.again(whose + ".copied",
                  &words.copied,
                  sizeof words.copied,
                  "compared with the consumer's own index in front of the copy and behind it [F7]");
    fetches.once(whose + ".copy", words.copy, sizeof words.copy);
    fetches.again(whose + ".space_event",
                  &words.space_event,
                  sizeof words.space_event,
                  "polled; each value says once whether to ring");
}

/// The words of a ring's consumer, seen by its producer.
inline void
name_fields(Fetches& fetches, const std::string& whose, const ConsumerWords<NativeSync>& words) {
    fetches.again(whose + ".head",
                  &words.head,
                  sizeof words.head,
                  "polled; refresh_head() checks what it loaded against the head it knows, and "
                  "keeps that");
    fetches.again(whose + ".data_event",
                  &words.data_event,
                  sizeof words.data_event,
                  "polled; each value says once whether to ring");
}

inline void name_fields(Fetches& fetches, const std::string& whose, const IndexPage& page) {
    fetches.watch(&page, sizeof page);
    name_fields(fetches, whose, page.producer);
    name_fields(fetches, whose, page.consumer);
}

} // namespace cw::test
