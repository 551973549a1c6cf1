package io.roomwire.test.bench;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What clients of a kind of server say and hear above RFC 6455. Any thread may call. */
enum Dialect {
    /** A node of ours. */
    ROOMWIRE {
        @Override
        List<Turn> entry(List<String> rooms, String user) {
            List<Turn> turns = new ArrayList<>();
            for (String room : rooms) {
                turns.add(new Turn(
                        turns.isEmpty() ? Turn.AT_ONCE : JOINED,
                        "{\"type\":\"join\",\"room_id\":\"" + room + "\",\"user_id\":\"" + user + "\"}"));
            }
            turns.add(new Turn(JOINED, null));
            return turns;
        }

        @Override
        String message(String room, String content) {
            return "{\"type\":\"broadcast\",\"room_id\":\"" + room + "\",\"content\":\"" + content + "\"}";
        }

        @Override
        boolean isRefusal(String text) {
            return text.startsWith("{\"type\":\"error\"");
        }
    },

    /** A server without rooms, which gives everybody whatever anybody says. */
    PLAIN {
        @Override
        List<Turn> entry(List<String> rooms, String user) {
            return List.of();
        }

        @Override
        String message(String room, String content) {
            return content;
        }
    },

    /** Engine.IO 4 with Socket.IO 5 above it, and the events of {@code peers/socket-io.js}. */
    SOCKET_IO {
        @Override
        String path(List<String> rooms) {
            return "/socket.io/?EIO=4&transport=websocket";
        }

        @Override
        List<Turn> entry(List<String> rooms, String user) {
            List<Turn> turns = new ArrayList<>(List.of(new Turn("0{", "40")));
            String hears = "40{";
            for (String room : rooms) {
                turns.add(new Turn(hears, "42[\"join\",\"" + room + "\"]"));
                hears = "42[\"joined\"";
            }
            turns.add(new Turn(hears, null));
            return turns;
        }

        @Override
        String message(String room, String content) {
            return "42[\"say\",\"" + room + "\",\"" + content + "\"]";
        }

        @Override
        boolean isRefusal(String text) {
            return text.startsWith("44");
        }

        @Override
        Map<String, String> replies() {
            return Map.of("2", "3");
        }
    },

    /** A channel of Nchan by its address: being connected is being a member, of one room. */
    NCHAN {
        @Override
        String path(List<String> rooms) {
            return "/room/" + rooms.get(0);
        }

        @Override
        List<Turn> entry(List<String> rooms, String user) {
            return List.of();
        }

        @Override
        String message(String room, String content) {
            return content;
        }
    },

    /** The client protocol of NATS, whose frames have to be binary, and may hold several messages. */
    NATS {
        @Override
        List<Turn> entry(List<String> rooms, String user) {
            StringBuilder hello = new StringBuilder("CONNECT {\"verbose\":false,\"pedantic\":false}\r\n");
            for (int i = 0; i < rooms.size(); i++) {
                hello.append("SUB ")
                        .append(rooms.get(i))
                        .append(' ')
                        .append(i + 1)
                        .append("\r\n");
            }
            return List.of(new Turn("INFO ", hello.append("PING\r\n").toString()), new Turn("PONG", null));
        }

        @Override
        String message(String room, String content) {
            int bytes = content.getBytes(StandardCharsets.UTF_8).length;
            return "PUB " + room + " " + bytes + "\r\n" + content + "\r\n";
        }

        @Override
        boolean isRefusal(String text) {
            return text.startsWith("-ERR");
        }

        @Override
        Map<String, String> replies() {
            return Map.of("PING\r\n", "PONG\r\n");
        }

        @Override
        boolean isBinary() {
            return true;
        }
    };

    private static final String JOINED = "{\"type\":\"joined\"";

    /**
     * One step of becoming a member.
     *
     * @param hears how the text begins that is waited for
     * @param says the answer; null: this was the last step
     */
    record Turn(String hears, @Nullable String says) {
        static final String AT_ONCE = "";
    }

    /** The target of the handshake. */
    String path(List<String> rooms) {
        return "/ws";
    }

    /** How to become a member; empty: who is connected is one. */
    abstract List<Turn> entry(List<String> rooms, String user);

    /** The frame that says something in a room. */
    abstract String message(String room, String content);

    /** Whether a text that no message is in says that something went wrong. */
    boolean isRefusal(String text) {
        return false;
    }

    /** What has to be said when something is heard, or the server ends the connection. */
    Map<String, String> replies() {
        return Map.of();
    }

    /** Whether a client sends binary frames. */
    boolean isBinary() {
        return false;
    }
}
