package io.roomwire.test.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.TypeConversionException;

/** Where a report goes. */
record ReportFile(Path path) {
    private static final String HTML = "html";

    /** What is no ending of a text is refused: nobody who asks for a PDF wants Markdown. */
    private static final List<String> MARKDOWN = List.of("md", "markdown", "txt", "");

    /** @throws TypeConversionException, for the command line, if it could not be written: better said before the measuring than behind it */
    ReportFile {
        String ending = ending(path);
        if (!ending.equals(HTML) && !MARKDOWN.contains(ending)) {
            throw new TypeConversionException(
                    "a report ends in .html, .md, .markdown or .txt, or has no ending; not so " + path);
        }
        Path folder = path.toAbsolutePath().getParent();
        if (folder == null || Files.isDirectory(path)) {
            throw new TypeConversionException("a report is a file, and this is a folder: " + path);
        }
        if (!Files.isDirectory(folder)) {
            throw new TypeConversionException("there is no folder " + folder + " for a report");
        }
        if (!Files.isWritable(Files.exists(path) ? path : folder)) {
            throw new TypeConversionException("a report may not be written to " + path);
        }
    }

    void write(Report report) throws IOException {
        Files.writeString(path, ending(path).equals(HTML) ? HtmlReport.of(report) : MarkdownReport.of(report));
    }

    private static String ending(Path path) {
        Path name = path.getFileName();
        int dot = name == null ? -1 : name.toString().lastIndexOf('.');
        return dot < 0 ? "" : name.toString().substring(dot + 1).toLowerCase(Locale.ROOT);
    }
}
