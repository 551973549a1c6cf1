// uWebSockets as a peer of `roomwire bench peers`: whatever anybody says goes to everybody, itself too.
//
//   g++ -O2 -std=c++20 -DUWS_NO_ZLIB -DLIBUS_NO_SSL -IuWebSockets/src -IuWebSockets/uSockets/src \
//       uwebsockets.cpp uSockets.a -o uwebsockets
//   deploy/roomwire bench peers --program uWebSockets=./uwebsockets
//
// uSockets.a is made of uSockets' src/*.c and src/eventing/*.c with the same two definitions.
#include "App.h"

#include <cstdlib>
#include <string_view>

struct Nothing {};

static uWS::App *app;

int main(int, char **arguments) {
    uWS::App server;
    app = &server;
    uWS::App::WebSocketBehavior<Nothing> room;
    room.idleTimeout = 0;
    room.maxBackpressure = 64 * 1024 * 1024;
    room.open = [](auto *socket) { socket->subscribe("room"); };
    room.message = [](auto *, std::string_view text, uWS::OpCode opcode) { app->publish("room", text, opcode); };
    server.ws<Nothing>("/*", std::move(room)).listen("127.0.0.1", std::atoi(arguments[1]), [](auto *) {}).run();
}
