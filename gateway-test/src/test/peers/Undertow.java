import io.undertow.Handlers;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Undertow as a peer of {@code roomwire bench peers}: whatever anybody says goes to everybody, itself too.
 *
 * <pre>
 * java -cp 'LIBRARIES/*' Undertow.java PORT     # undertow-core and what it depends on
 * </pre>
 */
public class Undertow {
    public static void main(String[] arguments) {
        Set<WebSocketChannel> members = ConcurrentHashMap.newKeySet();
        var listener = new AbstractReceiveListener() {
            @Override
            protected void onFullTextMessage(WebSocketChannel from, BufferedTextMessage message) {
                String text = message.getData();
                members.forEach(member -> WebSockets.sendText(text, member, null));
            }
        };
        io.undertow.Undertow.builder()
                .addHttpListener(Integer.parseInt(arguments[0]), "127.0.0.1")
                .setHandler(Handlers.websocket((exchange, member) -> {
                    members.add(member);
                    member.addCloseTask(members::remove);
                    member.getReceiveSetter().set(listener);
                    member.resumeReceives();
                }))
                .build()
                .start();
    }
}
