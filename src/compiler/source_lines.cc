/* source_lines.cc - see source_lines.h */
#include "compiler/source_lines.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Support/MemoryBuffer.h>

using namespace llvm;

namespace {

enum { ADDRESS_BYTES = 4 };

class Collector {
public:
    Collector(uint32_t code, uint32_t code_size) : code(code), code_size(code_size) {}
    bool collect(const StringMap<std::unique_ptr<MemoryBuffer>> &sections, source_lines &lines);

private:
    void add_unit(DWARFContext &context, DWARFUnit &unit);
    void add_row(const DWARFDebugLine::LineTable &table, const DWARFDebugLine::Row &row,
                 const char *folder);
    uint32_t number_of(const std::string &path);

    uint64_t code, code_size;
    std::vector<source_row> rows;
    std::vector<std::string> files;
    std::map<std::string, uint32_t> numbers;
};

uint32_t Collector::number_of(const std::string &path) {
    auto found = numbers.try_emplace(path, uint32_t(files.size() + 1));
    if (found.second) files.push_back(path);
    return found.first->second;
}

void Collector::add_row(const DWARFDebugLine::LineTable &table, const DWARFDebugLine::Row &row,
                        const char *folder) {
    std::string path;
    source_row out = {uint32_t(code + row.Address.Address), 0, 0, 0};
    if (!row.EndSequence && row.Line != 0 &&
        table.getFileNameByIndex(row.File, folder,
                                 DILineInfoSpecifier::FileLineInfoKind::AbsoluteFilePath, path)) {
        out.file = number_of(path);
        out.line = row.Line;
        out.column = row.Column;
    }
    rows.push_back(out);
}

/* What the linker left out begins at 0, or beyond the code. */
void Collector::add_unit(DWARFContext &context, DWARFUnit &unit) {
    auto table = context.getLineTableForUnit(&unit, [](Error e) { consumeError(std::move(e)); });
    if (!table) {
        consumeError(table.takeError());
        return;
    }
    if (!*table) return;
    for (const auto &sequence : (*table)->Sequences) {
        if (sequence.LowPC == 0 || sequence.HighPC > code_size) continue;
        for (unsigned i = sequence.FirstRowIndex; i < sequence.LastRowIndex; i++)
            add_row(**table, (*table)->Rows[i], unit.getCompilationDir());
    }
}

char *copy_of(const std::string &text) {
    char *copy = static_cast<char *>(malloc(text.size() + 1));
    if (copy) memcpy(copy, text.c_str(), text.size() + 1);
    return copy;
}

bool Collector::collect(const StringMap<std::unique_ptr<MemoryBuffer>> &sections,
                        source_lines &lines) {
    auto ignore = [](Error e) { consumeError(std::move(e)); };
    auto context = DWARFContext::create(sections, ADDRESS_BYTES, true, ignore, ignore);
    for (const auto &unit : context->compile_units()) add_unit(*context, *unit);
    std::vector<uint32_t> order(rows.size());
    for (uint32_t i = 0; i < order.size(); i++) order[i] = i;
    std::sort(order.begin(), order.end(), [this](uint32_t a, uint32_t b) {
        return rows[a].wasm != rows[b].wasm ? rows[a].wasm < rows[b].wasm : a < b;
    });
    lines.rows = static_cast<source_row *>(malloc((rows.size() + 1) * sizeof(source_row)));
    lines.files = static_cast<char **>(calloc(files.size() + 1, sizeof(char *)));
    if (!lines.rows || !lines.files) return false;
    for (uint32_t i : order) lines.rows[lines.count++] = rows[i];
    for (const auto &file : files)
        if (!(lines.files[lines.file_count++] = copy_of(file))) return false;
    return true;
}

} // namespace

bool source_lines_read(source_lines *lines, const source_section *sections, uint32_t count,
                       uint32_t code, uint32_t code_size) {
    StringMap<std::unique_ptr<MemoryBuffer>> named;
    *lines = {};
    for (uint32_t i = 0; i < count; i++) {
        StringRef name(sections[i].name, sections[i].name_size);
        StringRef contents(reinterpret_cast<const char *>(sections[i].bytes), sections[i].size);
        name.consume_front(".");
        named[name] = MemoryBuffer::getMemBuffer(contents, "", false);
    }
    bool done = Collector(code, code_size).collect(named, *lines);
    if (!done) source_lines_free(lines);
    return done;
}

void source_lines_free(source_lines *lines) {
    for (uint32_t i = 0; i < lines->file_count; i++) free(lines->files[i]);
    free(lines->files);
    free(lines->rows);
    *lines = {};
}

const source_row *source_lines_find(const source_lines *lines, uint32_t wasm) {
    const source_row *rows = lines->rows;
    const source_row *found = std::upper_bound(
        rows, rows + lines->count, wasm,
        [](uint32_t w, const source_row &row) { return w < row.wasm; });
    return found == rows || found[-1].file == 0 ? nullptr : found - 1;
}
