import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Vert.x as a peer of {@code roomwire bench peers}: whatever anybody says goes to everybody, itself too.
 *
 * <pre>
 * java -cp 'LIBRARIES/*' Vertx.java PORT     # vertx-core and what it depends on
 * </pre>
 */
public class Vertx {
    public static void main(String[] arguments) {
        Set<ServerWebSocket> members = ConcurrentHashMap.newKeySet();
        io.vertx.core.Vertx.vertx()
                .createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(Integer.parseInt(arguments[0]))
                        .setAcceptBacklog(1000))
                .webSocketHandler(member -> {
                    members.add(member);
                    member.closeHandler(gone -> members.remove(member));
                    member.textMessageHandler(text -> members.forEach(each -> each.writeTextMessage(text)));
                })
                .listen();
    }
}
